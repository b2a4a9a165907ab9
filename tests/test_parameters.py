"""The one model of all parameters."""

import json
import re
import shlex
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lopsided import engines
from lopsided.errors import InputError
from lopsided.parameters import (
    REPORT,
    Parameters,
    Resolved,
    allowed,
    from_file,
    from_notebook,
    from_text,
    validate,
)
from lopsided.prose import option
from lopsided.table.dataset import load

#: What pydantic has for making instances without a check.
UNCHECKED = re.compile(r"\bmodel_(copy|construct)\b")


def test_defaults_are_the_design():
    expected = {
        "data": "simulated",
        "weighting": "uniform",
        "w": 1.0,
        "initialisation": "he",
        "drop": [],
        "kinds": {},
        "gaps": {},
        "final_learning_rate": 1e-5,
        "test_size": 0.2,
        "seed": 0,
        "split_seed": 0,
        "data_seed": 0,
        "dtype": "float64",
        "engine": "auto",
        "n_bootstrap": 2000,
        "n_seeds": 1,
    }
    values = Parameters().model_dump()
    assert {k: v for k, v in values.items() if v is not None} == expected


def test_every_parameter_says_what_it_means_and_what_is_allowed():
    for name, field in Parameters.model_fields.items():
        assert field.description
        assert allowed(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", -1),
        ("epochs", 0),
        ("epochs", 1.5),
        ("epochs", "40"),
        ("epochs", True),
        ("batch_size", 0),
        ("training", "fast"),
        ("n_networks", 0),
        ("hidden_units", [0]),
        ("hidden_units", 3),
        ("hidden_units", ["3"]),
        ("weighting", "both"),
        ("w", 0),
        ("w", -1),
        ("w", float("nan")),
        ("w", float("inf")),
        ("w", "heavy"),
        ("initialisation", "zero"),
        ("initialisation", None),
        ("initial_learning_rate", 0),
        ("final_learning_rate", -1e-5),
        ("threshold", 1.5),
        ("threshold", True),
        ("threshold", "recall"),
        ("threshold", "recall:0"),
        ("threshold", "recall:1.1"),
        ("threshold", "recall:0.8:1"),
        ("threshold", "cost:5"),
        ("threshold", "cost:5:-1"),
        ("threshold", "capacity:0"),
        ("threshold", "capacity:2.5"),
        ("threshold", "best"),
        ("features", "some"),
        ("features", []),
        ("features", ["a", "a"]),
        ("test_size", 0),
        ("test_size", 1),
        ("seed", -1),
        ("seed", 2**32),
        ("l2", -0.1),
        ("dtype", "float16"),
        ("engine", "fortran"),
        ("n_bootstrap", -1),
        ("n_seeds", 0),
        ("target", 3),
    ],
)
def test_impossible_values_are_refused_by_name(name, value):
    with pytest.raises(InputError) as caught:
        validate({name: value})
    assert str(caught.value).startswith(f"{name} is {value!r}; allowed: ")
    assert allowed(name) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("epoch", "did you mean 'epochs'?"),
        ("learning_rate", "did you mean"),
        ("n=1;import os;x", "see 'lopsided parameters'"),
        ("__class__", "there is no parameter"),
    ],
)
def test_unknown_names_are_refused(name, hint):
    with pytest.raises(InputError, match="there is no parameter") as caught:
        validate({name: 1})
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("epochs", "40", 40),
        ("w", "1e-3", 0.001),
        ("w", "balanced", "balanced"),
        ("hidden_units", "[3, 3]", [3, 3]),
        ("threshold", "recall:0.8", "recall:0.8"),
        ("features", '["Age", "Gender"]', ["Age", "Gender"]),
        ("drop", '["id"]', ["id"]),
        ("drop", "[id, Tag 2]", ["id", "Tag 2"]),
        ("labels", "[no, yes]", ["no", "yes"]),
        ("kinds", "{zip code: category}", {"zip code": "category"}),
        ("drop", "[id", "[id"),
        ("drop", "[2024-01-01]", "[2024-01-01]"),  # a date in YAML
        ("title", "[draft]", "[draft]"),
        ("target", "1", "1"),  # text stays as typed
        ("target", "null", None),
        ("data", "2016.csv", "2016.csv"),
        ("positive_label", "1", 1),
        ("positive_label", "yes", "yes"),
    ],
)
def test_text_becomes_a_value(name, text, value):
    assert from_text(name, text) == value
    assert type(from_text(name, text)) is type(value)


def test_yaml_follows_version_1_2(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("initial_learning_rate: 1e-3\npositive_label: no\nepochs: 40\n")
    assert from_file(path) == {
        "initial_learning_rate": 0.001,
        "positive_label": "no",
        "epochs": 40,
    }


@pytest.mark.parametrize("text", ["- 1\n- 2\n", "just text", "a: [", "1: 2", ""])
def test_a_file_that_holds_no_names_and_values_is_refused(tmp_path, text):
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(InputError):
        from_file(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        from_file(tmp_path / "none.yaml")


#: What a kernel holds besides: of the notebook, of its host, of a start-up file.
AROUND = {
    "__name__": "__main__",
    "_": 3,
    "In": ["", "epochs = 7\nrun_dir = None"],
    "Out": {},
    "get_ipython": print,
    "json": json,
    "DATA_DIR": "/data",
    "epochss": 9,
    "P": validate({"epochs": 9}),
}


def test_a_notebook_gives_its_parameters_and_nothing_else():
    namespace = AROUND | {"epochs": 7, "run_dir": None}
    assert from_notebook(namespace) == validate({"epochs": 7})


def test_of_a_notebook_with_few_parameters_no_other_is_read():
    namespace = AROUND | {"seed": 3, "epochs": 7, "title": 4, "threshold": json}
    assert from_notebook(namespace, "seed", "run_dir") == validate({"seed": 3})


def ran(*cells):
    """Give a kernel's globals after these cells."""
    namespace = {"In": ["", *cells]}
    exec("\n".join(cells), namespace)
    return namespace


OWN = "# What this notebook takes\nepochs = None\nrun_dir = None"
READ = "P = 1"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("epoch = 40", "there is no parameter 'epoch'; did you mean 'epochs'?"),
        ("epochs = 40\nEpochs = 40", "no parameter 'Epochs'; did you mean 'epochs'?"),
        ("DATA_DIR = 1", "there is no parameter 'DATA_DIR'; see"),
        ("epochs=1;import os;x = 3", "there is no parameter 'x'"),
        ("epochs = -1", "epochs is -1; allowed: "),
    ],
)
def test_what_papermill_was_given_wrongly_is_refused(given, message):
    """However often, and whatever runs in between."""
    cells = [OWN, f"# Parameters\n{given}", READ]
    for later in ([], ["Q = 2", READ], [*cells, "Q = 2"]):
        with pytest.raises(InputError, match=re.escape(message)):
            from_notebook(ran(*cells, *later))
    corrected = ran(*cells, OWN, "# Parameters\nepochs = 40", READ)
    assert from_notebook(corrected) == validate({"epochs": 40})
    assert from_notebook(ran(*cells, OWN, READ)) == validate({})


def test_what_papermill_was_given_counts_where_it_is_not_declared():
    namespace = ran("run_dir = None", "# Parameters\ndata = 'mine.csv'", "seed = 3")
    assert from_notebook(namespace, "run_dir") == validate({"data": "mine.csv"})


@pytest.mark.parametrize("odd", [["", "seed = (", "await f()"], None, 3, "text"])
def test_whatever_a_host_calls_its_inputs_is_no_obstacle(odd):
    assert from_notebook({"In": odd, "seed": 3}) == validate({"seed": 3})


RESOLVED = {"target": "y", "positive_label": "1", "features": "all", "threshold": 0.2}
RESOLVED |= {"training": "report"}


@pytest.mark.parametrize("before", [Parameters(), Parameters().resolved(**RESOLVED)])
def test_a_change_is_checked_like_a_value_from_outside(before):
    changed = before.with_(epochs=7, w="balanced")
    assert type(changed) is type(before)
    assert changed.model_dump() == before.model_dump() | {"epochs": 7, "w": "balanced"}
    assert before.epochs is None
    assert before.with_() == before
    for change in ({"epochs": -1}, {"threshold": "recall:0"}, {"run_dir": 3}):
        (name,) = change
        with pytest.raises(InputError, match=f"^{name} is .*; allowed: "):
            before.with_(**change)
    with pytest.raises(InputError, match="there is no parameter 'epoch'; did you"):
        before.with_(epoch=3)


def test_resolved_holds_what_the_table_decides():
    resolved = Parameters(epochs=7).resolved(**RESOLVED)
    assert type(resolved) is Resolved
    here = {"engine": engines.chosen("auto")}
    assert resolved.model_dump() == Parameters(epochs=7).model_dump() | RESOLVED | here
    with pytest.raises(InputError, match=r"^engine is 'auto'; allowed: "):
        resolved.with_(engine="auto")
    assert [*resolved.model_dump()] == [*Parameters.model_fields]
    for name in RESOLVED:
        given = {key: value for key, value in RESOLVED.items() if key != name}
        with pytest.raises(InputError, match=f"^{name} is None; allowed: "):
            Parameters().resolved(**given)
        with pytest.raises(InputError, match=f"^{name} is None; allowed: "):
            resolved.with_(**{name: None})


def test_a_loaded_table_resolves_its_parameters():
    given = Parameters(data_seed=3)
    resolved = load(given).parameters
    assert type(resolved) is Resolved
    open_before = {n for n, value in given.model_dump().items() if value is None}
    filled = {n for n in open_before if getattr(resolved, n) is not None}
    assert filled == {*RESOLVED, *REPORT}
    assert load(resolved).parameters == resolved


def test_no_parameters_are_made_past_the_checks():
    """pydantic's copies and constructions with new values check nothing."""
    found = []
    for folder in ("src", "tests", "notebooks", "exercises", "benchmarks", "docs"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "site-packages" in path.parts:  # the environment of `make bench`
                continue
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                if path != Path(__file__) and UNCHECKED.search(line):
                    found.append(f"{path.name}:{number}: {line.strip()}")
    assert not found


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.dictionaries(st.text(max_size=20), st.integers() | st.text() | st.floats()))
def test_anything_ends_in_parameters_or_one_line(values):
    try:
        p = validate(values)
    except InputError as error:
        message = str(error)
    else:
        message = ""
        assert set(values) <= set(Parameters.model_fields)
        assert isinstance(p, Parameters)
    assert "\n" not in message


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    st.one_of(
        st.tuples(st.sampled_from(["positive_label", "time_column", "target"]), TEXTS),
        st.tuples(st.sampled_from(["drop", "labels"]), st.lists(TEXTS, max_size=3)),
        st.tuples(st.just("kinds"), st.dictionaries(TEXTS, st.just("category"))),
    )
)
@example(("target", "null"))
@example(("target", '"quoted"'))
@example(("target", "it's \x1b[2J a  name\n"))
def test_an_option_that_is_proposed_can_be_typed(asked):
    """In a terminal, whatever a column or a label is called."""
    written = option(*asked)
    assert written.isprintable()
    flag, name, value = shlex.split(written)
    assert (flag, name, from_text(name, value)) == ("-p", *asked)
