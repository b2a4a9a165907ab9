"""Names of columns: what they promise, in a few languages, and how one is found."""

import difflib
import re

from lopsided.errors import InputError
from lopsided.prose import few, quoted

#: What rows are about, as names of columns have it, and its abbreviations.
SUBJECT = (
    "customer|client|account|acct|policy|order|case|row|record|serial|sample|patient"
    "|member|invoice|ticket|card|loan|application|employee|student|user|code|subject"
    "|participant|respondent|person"
)
BRIEFLY = "cust|pat|emp|stud|subj|resp|pers|mem|hh"
#: Names that promise an identifier: id, customer_id, CustomerID, uuid, index, userid,
#: RowNumber, Customer Number, acct_no, patnr.
IDENTIFIER = re.compile(
    r"(?i:^(index|key|rownames|row[\W_]?names?|unnamed: \d+)$|(^|[\W_])(id|uuid|guid)$"
    rf"|^id[\W_]|({SUBJECT})[\W_]*(no|nr|num|number)\.?$"
    rf"|(^|[\W_])({SUBJECT}|{BRIEFLY})[\W_]?(no|nr|num|id)$)|[a-z0-9](Id|ID)$"
)
#: Names of columns that number whom a row is about, where they hold numbers.
WHO = re.compile(r"(?i:^(subject|subj|patient|participant|respondent|person|pid|pnr)$)")
#: Names of codes, which may be digits, and are no quantities.
CODE = re.compile(
    r"(?i:(^|[\W_])(zip|postal|post|postleitzahl|plz|cep|fips|area|phone|telephone|"
    r"telefon|tel|mobile|fax|account|acct|iban|ssn|passport|barcode|ean|isbn|sku)"
    r"[\W_]*(code|no|nr|num|number)\.?$|(^|[\W_])(zip|postleitzahl|plz|cep|fips|phone|"
    r"telephone|telefon|fax|iban|ssn|barcode|ean|isbn|sku)$)"
)
#: Names of columns that hold names, or sentences.
TEXT = re.compile(
    r"(?i:(sur|last|first|given|family|middle|full|nick|user)[\W_]?name|^name$|nachname"
    r"|vorname|apellido|nombre|prenom|prénom|comment|remark|descri|review|address|"
    r"adresse|notes?$|^title$|^text$)"
)
#: Names of columns that hold dates; eight digits there are year, month and day.
DATE = re.compile(r"(?i:date|datum|fecha|(^|[\W_])(day|dt)($|[\W_]))")
#: Names of dates that tell who a row is about, not when it was made.
BIRTH = re.compile(r"(?i:birth|\bdob\b|geburt|nacimiento|naissance|nascimento)")


def find(name: str, names: list[str], what: str) -> str:
    """Return a column's name if it is there.

    Raises
    ------
    InputError
        With the nearest name that is.
    """
    if name in names:
        return name
    short = [n for n in names if len(n) <= 100]  # comparing takes the square of that
    near = difflib.get_close_matches(name[:100], short, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"the table has {few(names)}"
    raise InputError(f"{what}: there is no column {quoted(name)}; {hint}")
