"""What the lessons show, the glossary, and the page for teachers."""

import re
from functools import cache
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest

import lopsided.lesson.loss
import lopsided.lesson.network
from lopsided.lesson import toy
from lopsided.lesson.network import Network, layer_views, relu_slope, sigmoid

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("0[1-4]_*.py"))
FORWARD, BACKWARD, TRAINING, THRESHOLD = LESSONS
ASKING = sorted(p for p in NOTEBOOKS.glob("0*_*.py") if p.stem != "05_report")


@cache
def code(path):
    cells = jupytext.read(path).cells
    return "\n".join(c.source for c in cells if c.cell_type == "code")


@cache
def prose(path):
    cells = jupytext.read(path).cells
    return "\n".join(c.source for c in cells if c.cell_type == "markdown")


def printed(path, part):
    """Give what the first cell that contains ``part`` printed, when last executed."""
    cells = nbformat.read(path.with_suffix(".ipynb"), as_version=4).cells
    outputs = next(c for c in cells if part in c.source and c.get("outputs")).outputs
    return "".join(o.get("text") or o["data"]["text/plain"] for o in outputs)


def test_the_first_loss_is_met_as_predicted():
    for formula in ("np.log(2)", "{entropy"):
        predicted, met = re.findall(r"\d\.\d{5}", printed(FORWARD, formula))
        assert predicted == met


def test_every_array_of_the_backward_pass_is_compared():
    table = printed(BACKWARD, "compared(by_hand)")
    rows = re.findall(
        r"^(d[ZAWb]\d) +\((\d+), (\d+)\) +below 1e-7 +agrees$", table, re.M
    )
    assert " ".join(row[0] for row in rows) == (
        "dZ3 dW3 db3 dA2 dZ2 dW2 db2 dA1 dZ1 dW1 db1"
    )
    n = Network([4, 3, 3, 1]).layer_dims
    for name, *shape in rows:
        l = int(name[2])
        columns = {"W": n[l - 1], "b": 1}.get(name[1], 12)
        assert [int(size) for size in shape] == [n[l], columns]


def test_a_planted_mistake_shows_from_the_array_on_in_which_it_is_made():
    table = printed(BACKWARD, "compared(planted)")
    verdicts = re.findall(r"^(d[ZAWb]\d) .*(agrees|WRONG)$", table, re.M)
    wrong = [name for name, verdict in verdicts if verdict == "WRONG"]
    assert wrong == "dZ2 dW2 db2 dA1 dZ1 dW1 db1".split()
    assert len(verdicts) == 11


def test_one_step_beats_the_line_that_the_lesson_draws():
    told = float(printed(BACKWARD, "{same_for_all").split()[-1])
    losses = re.findall(r"is (\S+)", printed(BACKWARD, "snapshots["))
    assert float(losses[0]) > told > float(losses[1])


def test_a_transposed_square_learns_from_every_start_and_mostly_less():
    told = float(printed(BACKWARD, "{same_for_all").split()[-1])
    losses = re.findall(
        r"right (\S+), transposed (\S+)", printed(BACKWARD, "wrongly:.3f")
    )
    rightly, wrongly = np.array(losses, float).T
    assert len(losses) == 8
    assert all(rightly < told)
    assert all(wrongly < told)
    apart = wrongly - rightly
    assert sum(apart > 0.1) > 1  # far behind
    assert sum(abs(apart) < 0.01) > 1  # they differ little
    assert any(apart < 0)
    assert rightly[apart < 0].min() > np.median(rightly)  # slow ones


def test_planted_mistakes_are_caught_but_for_the_one_in_the_aim():
    verdicts = re.findall(
        r"(agrees|WRONG)$", printed(BACKWARD, "in gradients.items()"), re.M
    )
    assert verdicts == ["agrees"] + 4 * ["WRONG"]
    assert printed(BACKWARD, "witness(wrong)") == "difference below 1e-7: agrees\n"
    expected, right, wrong = re.findall(r"0\.\d{4}", printed(BACKWARD, "settles_at(r"))
    assert right == expected != wrong


@pytest.mark.parametrize(
    ("right", "wrong", "first"),
    [
        ("return Z > 0", "return np.maximum(Z, 0) >= 0", "dZ2"),
        ("A_before.T / m", "A_before.T", "dW3"),
        ("keepdims=True) / m", "keepdims=True)", "db3"),
        ("W.T @ dZ", "W.T @ -dZ", "dA2"),
    ],
)
def test_the_table_names_the_first_array_that_is_wrong(right, wrong, first):
    source = code(BACKWARD)
    assert source.count(right) == 1
    blind = re.sub(r"atol=1e-1\d", "atol=1e9", source)  # to the comparisons before
    with pytest.raises(AssertionError, match=f"^{first}$"):
        exec(blind.replace(right, wrong), {})


def summed(network, done, dZ, slope=relu_slope):
    gradient = lopsided.lesson.network.backward(network, done, dZ, slope)
    return gradient * dZ.shape[1]


def transposed(network, done, dZ, slope=relu_slope):
    gradient = lopsided.lesson.network.backward(network, done, dZ, slope)
    for dW in layer_views(network.layer_dims, gradient)[0].values():
        if dW.shape[0] == dW.shape[1]:
            dW[:] = dW.T.copy()
    return gradient


def on_both_classes(Y, Y_hat, weight=1.0):
    return lopsided.lesson.loss.d_logits(Y, Y_hat, weight * 0 + 4)


@pytest.mark.parametrize("mistake", [summed, transposed, on_both_classes])
def test_the_lesson_stops_when_the_package_is_wrong(mistake):
    name = "d_logits" if mistake is on_both_classes else "backward"
    source = re.sub(rf"\b{name}\(", "planted(", code(BACKWARD))
    with pytest.raises(AssertionError):
        exec(source, {"__builtins__": __builtins__, "planted": mistake})


def test_each_nudge_of_a_weight_meets_what_was_promised():
    rows = re.findall(
        r"^([\d.]+) +(\S+) +(\S+) +(\S+)$", printed(BACKWARD, "nudge of w2"), re.M
    )
    rows = np.array(rows, float)
    off, off_both_ways = np.abs(rows[:, 2:] / rows[:, [1]] - 1).T
    assert off[0] > 0.1 > off[1] > off[2]  # a tangent, and a curve
    assert all(off_both_ways < off)
    promised, met = re.findall(r"-?\d\.\d+e-\d+", printed(BACKWARD, "nudged[1, 0]"))
    assert promised == met


def test_the_toy_network_learns_step_by_step():
    losses = [
        float(x) for x in re.findall(r"is (\S+)", printed(BACKWARD, "snapshots["))
    ]
    assert len(losses) == 4
    assert losses == sorted(losses, reverse=True)
    assert abs(losses[0] - 0.69) < 0.05  # as the lesson has its readers predict


def test_no_rate_of_the_list_helps_the_feature_with_the_distant_zero():
    best, distant = map(
        float, re.findall(r"a loss of (\S+)", printed(TRAINING, "best = min(ends"))
    )
    assert distant > best + 0.1


def test_jumping_begins_where_the_answer_says():
    X, Y = toy.points(np.random.default_rng(0))
    squared = np.sum(X**2, axis=0, keepdims=True)
    far = np.vstack([(squared - squared.mean()) / squared.std(), np.ones_like(squared)])
    theta = np.zeros(2)
    for _ in range(1000):
        theta -= 3 * far @ (sigmoid(theta @ far) - Y[0]) / Y.size
    p = sigmoid(theta @ far)
    steepest = np.linalg.eigvalsh(p * (1 - p) * far @ far.T / Y.size).max()
    (said,) = re.findall(r"\$2 / s \\approx (\d+)\$", prose(TRAINING))
    assert round(2 / steepest) == int(said)


def test_a_reminded_patient_misses_less_than_one_who_waits_as_long():
    found = printed(TRAINING, "waits.items()")
    assert "0 to 2: nobody reminded" in found
    rows = re.findall(
        r"([\d.]+)% of [\d,]+ not reminded missed it; [^;]+: ([\d.]+)%", found
    )
    more = [float(without) < float(reminded) for without, reminded in rows]
    assert more == [True, False, False, False, False]


def test_two_errors_of_few_values_hold_the_truth_too_rarely_and_students_factor_mends():
    found = printed(TRAINING, "student.ppf")
    rows = re.findall(
        r"(\d+) values: within 2 errors ([\d.]+)%, within ([\d.]+) errors ([\d.]+)%",
        found,
    )
    few, ten, many = (list(map(float, row)) for row in rows)
    assert few[:1] + ten[:1] + many[:1] == [5, 10, 100]
    assert few[1] < 90 < ten[1] < 94 < many[1]
    assert (few[2], ten[2]) == (2.78, 2.26)  # as the glossary says
    assert all(abs(row[3] - 95) < 0.7 for row in (few, ten, many))
    assert few[2] > ten[2] > many[2]


def test_more_rows_bring_no_more_than_what_is_lost_above_the_truth():
    """The upper curve falls to the truth, and the lower one rises to it."""
    table = printed(TRAINING, "by_size = ")
    rows = [list(map(float, line.split())) for line in table.splitlines()[1:]]
    known, aside = ([row[i] for row in rows] for i in (1, 2))
    assert aside == sorted(aside, reverse=True)
    assert min(aside) > 0 > max(known)
    assert known == sorted(known)


def test_the_first_death_is_that_of_one_unit_that_many_points_turned_on():
    found = printed(TRAINING, "dying(")
    before, all_points = map(
        int, re.search(r"it is on for (\d+) of (\d+)", found).groups()
    )
    assert 40 < before < all_points == 400
    beyond = re.search(r"and ([\d.]+) from the middle after", found)
    assert float(beyond[1]) > 3  # half of the square's side


def test_a_rate_that_is_too_high_kills_units_and_the_other_none():
    found = re.findall(r"before (\d), after (\d)", printed(TRAINING, "before = dead("))
    assert found == [("0", "0"), ("0", "8")]


def test_the_weighted_objective_falls_while_the_plain_loss_rises():
    table = printed(TRAINING, "curves_of.items()").partition("positive")[2]
    (objective, *_, o), (plain, *_, p) = (
        map(float, line.split()[1:]) for line in table.strip().splitlines()
    )
    assert o < objective
    assert p > plain


def test_the_law_holds_where_each_group_has_a_weight_and_frays_where_not():
    found = printed(THRESHOLD, "one for all six")
    exact, frayed = map(float, re.findall(r"(0\.\d{4}) from the law", found))
    assert exact == 0
    assert frayed > 0.01


def test_remedies_move_decisions_no_further_than_another_seed_does_on_average():
    lines = printed(THRESHOLD, "for what, agreed in").splitlines()
    luck, *remedies = (float(re.search(r"decides (\S+)%", x)[1]) for x in lines)
    assert len(remedies) == 3
    assert all(agreed >= luck for agreed in remedies)


def test_draws_of_one_test_set_scatter_as_new_test_sets_do():
    redrawn, anew = re.findall(r"0\.\d{4}", printed(THRESHOLD, "anew.append("))
    assert float(redrawn) == pytest.approx(float(anew), rel=0.15)


def test_an_answer_is_closed_until_it_is_asked_for():
    for path in LESSONS:
        text = prose(path)
        assert text.count("<details><summary>Predict: ") >= 3
        assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize("path", ASKING, ids=lambda p: p.stem)
def test_each_question_has_its_answer(path):
    own = prose(path).split("## On your own\n")[1]
    _, *questions = re.split(r"^\d\. ", own, flags=re.M)
    assert len(questions) >= 3
    for question in questions:
        assert question.count("<details><summary>Answer</summary>\n\n") == 1, question
        assert question.count("</details>") == 1, question


TERM = re.compile(r"^## ([^\n]+)\n\n(.+?)\n(?=\n## |\Z)", re.S | re.M)
TERMS, SOURCES = (NOTEBOOKS / "glossary.md").read_text("utf-8").split("\n## Sources\n")
GLOSSARY = dict(TERM.findall(TERMS))
#: Of one author, of several, or of the first and others.
CITED = re.compile(r"(?:[A-Z]\w+(?:, | and ))*[A-Z]\w+(?: et al\.)? (?:19|20)\d\d\b")


def anchor(heading):
    return re.sub(r"[^\w–-]", "", heading.lower().replace(" ", "-"))


def test_the_glossary_is_sorted_and_says_where_each_term_is_explained():
    assert len(GLOSSARY) > 30
    assert list(GLOSSARY) == sorted(GLOSSARY, key=str.lower)
    for term, definition in GLOSSARY.items():
        link = re.search(r"Explained\s+in\s+\[(\d\d)\]\((\w+)\.ipynb\)\.$", definition)
        assert link, term
        assert link[2].startswith(link[1])
        words = re.escape(term.removesuffix("ting"))  # overfitting: overfit
        assert re.search(words, prose(NOTEBOOKS / f"{link[2]}.py"), re.I), term


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_links_into_the_glossary_lead_to_a_term_and_are_made_once(path):
    linked = re.findall(r"\(glossary\.md#([^)]+)\)", prose(path))
    terms = [link for link in linked if link != "sources"]
    assert set(terms) <= {anchor(term) for term in GLOSSARY}
    assert len(terms) == len(set(terms))


def test_each_work_that_a_notebook_cites_is_a_source_and_no_other():
    entries = re.findall(r"^- \*\*(.+?)\.\*\* ", SOURCES, re.M)
    assert entries == sorted(entries)
    cited = set()
    for path in NOTEBOOKS.glob("0*.py"):
        cited |= set(CITED.findall(" ".join(prose(path).split())))
    assert cited == set(entries)


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_a_lesson_links_every_term_that_it_explains(path):
    ours = {anchor(t) for t, text in GLOSSARY.items() if f"({path.stem}." in text}
    assert ours <= set(re.findall(r"glossary\.md#([^)]+)\)", prose(path)))


def test_the_teacher_is_sent_to_headings_that_are_there():
    page = (NOTEBOOKS / "teaching.md").read_text("utf-8")
    sent = re.findall(r"\[[^]]+\]\((\w+)\.ipynb\), \*([^*]+)\*", page)
    assert len(sent) > 10
    for lesson, heading in sent:
        assert f"\n## {heading}\n" in prose(NOTEBOOKS / f"{lesson}.py"), heading
    for path in re.findall(r"\]\((?!https:)([^)#]+)[^)]*\)", page):
        assert (NOTEBOOKS / path).exists(), path
