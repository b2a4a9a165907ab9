"""The first page, the health line and the model card say what is so."""

import json
import shlex

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression

from lopsided.lesson.network import Network, initialise
from lopsided.parameters import Parameters, validate
from lopsided.report import baselines, card, decision, experiment, health, results
from lopsided.report.choosing import choose
from lopsided.report.intervals import TAILS, bootstrap, interval
from lopsided.table.dataset import load


def invented(n=400, seed=0, signal=2.0):
    """Invent a table of machines, of which some fail."""
    rng = np.random.default_rng(seed)
    load_, age = rng.normal(size=(2, n))
    p = 1 / (1 + np.exp(2 - signal * load_))
    return pd.DataFrame(
        {
            "load": load_.round(3),
            "age": age.round(3),
            "site": rng.choice(["north", "south"], n),
            "failed": np.where(rng.random(n) < p, "yes", "no"),
        }
    )


def run_of(frame, folder, **given):
    """Train on a table and keep what a run keeps, documents aside."""
    path = folder / "machines.csv"
    frame.to_csv(path, index=False)
    usual = {"data": str(path), "target": "failed", "hidden_units": [4], "epochs": 10}
    usual |= {"batch_size": 20, "initial_learning_rate": 0.1, "n_bootstrap": 50}
    usual |= {"training": "report"}  # the settings above, and none to choose
    dataset = load(validate(usual | given))
    p = choose(dataset.parameters, dataset).parameters
    fitted = experiment.fit(p, dataset)
    measured = experiment.measure(p, dataset, fitted)
    measured["beside"] = baselines.measure(p, dataset, fitted, measured["threshold"])
    results.save_metrics(folder, measured)
    results.save_fitted(folder, p, dataset, fitted)
    results.write_json(folder / results.PARAMETERS, p.model_dump())
    made = {
        "lopsided": "0.1",
        "python": "3.11",
        "finished": "2026-01-02T03:04:05+00:00",
    }
    results.write_json(folder / results.MANIFEST, made)
    return results.read_json(folder / results.METRICS)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machines")
    return folder, run_of(invented(), folder)


def test_people_per_hundred_add_up():
    assert decision.per_hundred([[50, 10], [5, 35]]) == (100, [50, 10, 5, 35])
    assert decision.per_hundred([[1, 1], [1, 0]]) == (100, [33, 34, 33, 0])
    assert decision.per_hundred([[10, 629], [3, 249]])[1][2] > 0  # 3 of 891 is not none
    rng = np.random.default_rng(0)
    for _ in range(50):
        counts = rng.integers(1, 2000, (2, 2))
        size, shares = decision.per_hundred(counts)
        assert sum(shares) == size
        exact = size * counts.ravel() / counts.sum()
        assert np.abs(np.array(shares) - exact).max() <= 1
        assert min(shares) > 0


def test_a_rare_class_is_counted_in_more_rows():
    size, (_, _, fn, tp) = decision.per_hundred([[49_000, 900], [30, 70]])
    assert size == 10_000
    assert (fn, tp) == (6, 14)
    assert decision.per_hundred([[40, 0], [0, 0]])[0] == 100  # no positive, and an end


def test_the_page_says_what_the_metrics_hold(run):
    _, m = run
    fn, tp = m["test"]["confusion_matrix"][1]
    _, shares = decision.per_hundred(m["test"]["confusion_matrix"])
    said = decision.threshold(m).plain()
    assert f"at least {m['threshold']:.4g} (by the rule prevalence)" in said
    assert f"**{shares[3]} found, {shares[2]} missed**" in said
    assert f"**{shares[1]} are called in vain**" in said
    table = decision.table(m).plain()
    assert "machines.csv: 400 rows" in table
    assert "3 columns learned from" in table
    low, high = m["test"]["intervals"]["recall"]
    assert f"{tp / (tp + fn):.1%} ({low:.1%} to {high:.1%}) are found" in (
        decision.certainty(m).plain()
    )


def test_names_of_a_table_are_text_on_the_page(run):
    words = run[1]["words"] | {"positive": "*b* <script>", "rows": "rows"}
    for say in (decision.asked, decision.table, decision.threshold, decision.compared):
        written = say(run[1] | {"words": words}).markdown()
        assert "<script>" not in written
        assert "*b*" not in written


def test_it_has_learned_where_there_is_something_to_learn(run):
    said = health.line(run[1]["health"]).plain()
    assert said.startswith("it has learned: its log loss is ")
    assert "below that of saying the prevalence to all" in said


@pytest.mark.slow
def test_a_network_that_learned_nothing_says_so(tmp_path):
    m = run_of(invented(signal=0), tmp_path, hidden_units=[], epochs=3)
    said = health.line(m["health"]).plain()
    assert said.startswith("it has learned nothing that this test can tell")
    assert "there are no hidden units" in said


def test_what_the_prevalence_costs_is_zero_and_groups_widen_the_interval():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 10)
    truth = np.repeat(rng.uniform(0.05, 0.6, 40), 10)
    y = (rng.random(400) < truth).astype(float)
    share, _ = health.log_loss_saved(y, np.full(400, y.mean()), y.mean())
    assert share == pytest.approx(0)
    share, (low, high) = health.log_loss_saved(y, truth, y.mean())
    # By hand: the losses' own difference.
    loss = -np.where(y == 1, np.log(truth), np.log(1 - truth)).mean()
    constant = -np.where(y == 1, np.log(y.mean()), np.log(1 - y.mean())).mean()
    assert share == pytest.approx(1 - loss / constant)
    same, (low_g, high_g) = health.log_loss_saved(y, truth, y.mean(), groups)
    assert same == pytest.approx(share)
    assert high_g - low_g > high - low


def test_worse_than_the_prevalence_is_told_with_ends_in_order():
    values = {"log_loss_saved": -0.3, "log_loss_saved_interval": (-0.5, -0.1)}
    values |= {"units": 2, "units_off": 1, "tie_at_threshold": 0.2}
    said = health.line(values).plain()
    assert said.startswith("its probabilities are worse than none")
    assert "30.0% (10.0% to 50.0%) above" in said
    assert "1 of 2 hidden units is off for all rows" in said
    assert "20.0% of the test rows are tied" in said


def test_units_that_are_off_and_ties_are_counted():
    network = initialise([2, 3, 1], np.random.default_rng(0))
    network.b[1][:] = [[-100], [0.1], [0]]
    network.W[1][:] = [[0, 0], [1, 0], [0, 1]]
    X = np.random.default_rng(1).normal(size=(2, 50))
    Y = np.arange(10)[None] % 2
    p = np.array([[0.1, 0.3, 0.3, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]])
    found = health.measure(network, X, Y, p, 0.5, 0.4)
    assert (found["units"], found["units_off"]) == (3, 1)
    assert found["tie_at_threshold"] == 0.3  # just below it
    assert health.measure(network, X, Y, p, 0.5, 0.65)["tie_at_threshold"] == 0
    for t in (0.0, 2.0):  # all, or nobody, called
        assert health.measure(network, X, Y, p, 0.5, t)["tie_at_threshold"] == 0


def test_a_weight_is_taken_out_before_probabilities_are_judged():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.05, 0.5, (1, 2000))
    Y = (rng.random((1, 2000)) < truth).astype(float)
    weighted = 5 * truth / (5 * truth + 1 - truth)
    given = Network([1, 1]), np.zeros((1, 3)), Y
    fair = health.measure(*given, truth, Y.mean(), 0.3)
    freed = health.measure(*given, weighted, Y.mean(), 0.3, w=5.0)
    assert freed["log_loss_saved"] == pytest.approx(fair["log_loss_saved"])
    assert health.measure(*given, weighted, Y.mean(), 0.3)["log_loss_saved"] < 0


def test_before_training_the_line_tells_whether_there_is_anything_to_learn(tmp_path):
    said = []
    for signal in (2.0, 0.0):
        frame = invented(signal=signal)
        frame.to_csv(tmp_path / "m.csv", index=False)
        dataset = load(validate({"data": str(tmp_path / "m.csv"), "target": "failed"}))
        said.append(health.promise(dataset).plain())
    assert said[0].startswith("Health: there is something to learn")
    nothing = "Health: logistic regression finds nothing that these rows can tell"
    assert said[1].startswith(nothing)
    assert "0.0% of the training rows equal another" in said[0]


def test_the_logistic_regression_of_the_line_is_scikit_learns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6, 300)) * [[1], [3], [0.1], [1], [1], [0]]
    Y = (rng.random((1, 300)) < 1 / (1 + np.exp(1 - X[:1] - X[1:2]))).astype(float)
    ours = health.logistic_regression(X, Y)
    theirs = LogisticRegression(tol=1e-9, max_iter=1000).fit(X.T, Y[0])
    assert np.allclose(ours.W[1], theirs.coef_, atol=1e-4)
    assert np.allclose(ours.b[1], theirs.intercept_, atol=1e-4)


@pytest.mark.parametrize("together", [False, True])
def test_folds_are_dealt_class_by_class_and_groups_stay_whole(together):
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 60, 400) if together else None
    y = (rng.random(400) < 0.1).astype(float)
    fold = health.dealt(y, groups)
    positives = np.bincount(fold, y, minlength=health.FOLDS)
    assert np.ptp(positives) <= (3 if together else 1)
    assert np.ptp(np.bincount(fold)) <= (40 if together else 2)
    for group in np.unique(groups) if together else []:
        assert len(set(fold[groups == group])) == 1


def test_a_drift_is_told_and_none_where_there_is_none(tmp_path):
    frame = invented(800, signal=0)
    frame["opened"] = pd.date_range("2020-01-01", periods=800).astype(str)
    late = np.arange(800) >= 600
    frame.loc[late, "failed"] = np.where(np.arange(200) % 2, "yes", "no")
    shuffled = frame.assign(
        opened=frame["opened"].sample(frac=1, random_state=0).values
    )
    born = frame.rename(columns={"opened": "birth_date"})
    found = []
    for number, table in enumerate((frame, shuffled, born)):
        path = tmp_path / f"{number}.csv"
        table.to_csv(path, index=False)
        mind = load(validate({"data": str(path), "target": "failed"})).provenance.mind
        found.append([note for note in mind if "drifts" in note])
    assert len(found[0]) == 1
    assert "50.0% in the latest" in found[0][0]
    assert "'opened'" in found[0][0]
    assert found[1:] == [[], []]


def test_the_card_has_the_fields_of_the_field_and_the_run_of_its_measures(run):
    folder, m = run
    text = card.of_run(folder)
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
        "How to reproduce",
    ]
    low, high = m["test"]["intervals"]["roc_auc"]
    value = m["test"]["roc_auc"]
    assert f"| ROC AUC | {value:.4f} | {low:.4f} to {high:.4f} |" in text
    assert m["data"]["sha256"] in text
    assert str(folder) not in text


@pytest.mark.parametrize(
    "names", [{}, {"target": "a \x1b[2J b", "drop": ["it's", "\ufeff"]}]
)
def test_the_command_of_a_card_gives_the_same_parameters(run, names):
    """Whatever columns are called; and a terminal is sent nothing that it acts on."""
    from lopsided.parameters import from_text

    folder, m = run
    given = results.read_json(folder / results.PARAMETERS) | names
    assert card.command(given, m["data"]["source"]).isprintable()
    words = shlex.split(card.command(given, m["data"]["source"]))
    assert words[:3] == ["lopsided", "report", "machines.csv"]
    again = {}
    for flag, name, value in zip(words[3::3], words[4::3], words[5::3], strict=True):
        assert flag == "-p"
        again[name] = from_text(name, value)
    assert validate(again | {"data": given["data"]}) == Parameters(**given)


def test_a_card_takes_names_for_text(tmp_path):
    odd = "load ``` | <b> *x*\x1b[2J"
    frame = invented().rename(columns={"load": odd})
    frame["failed"] = frame["failed"].map({"yes": "# y|es <i>", "no": "no"})
    m = run_of(frame, tmp_path, author="A <b> `x`", drop=["age"])
    text = card.of_run(tmp_path)
    assert "<b>" not in text
    assert "\x1b" not in text
    body, _, block = text.partition("## How to reproduce")
    assert "`" not in body.replace("\\`", "").replace(f"`{m['data']['sha256']}`", "")
    assert "# y|es" not in body
    assert block.count("\n```") >= 1
    assert json.dumps(["age"]) in block


def test_a_card_of_a_damaged_or_older_run_is_refused_in_one_line(run, tmp_path):
    from lopsided.errors import InputError

    folder, m = run
    for name in (results.MODEL, results.PARAMETERS, results.MANIFEST):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    del m["health"]
    results.write_json(tmp_path / results.METRICS, m)
    with pytest.raises(InputError, match=r"metrics\.json is damaged: health"):
        card.of_run(tmp_path)


def visits(seed=0, n=120, each=6):
    """Invent checks of machines: those of one machine fail together, or do not."""
    rng = np.random.default_rng(seed)
    machine = np.repeat(np.arange(n), each)
    weak = np.repeat(rng.random(n) < 0.3, each)
    failed = rng.random(n * each) < np.where(weak, 0.9, 0.05)
    return pd.DataFrame(
        {
            "MachineID": machine * 7 + 5000,
            "wear": (weak + rng.normal(size=n * each)).round(2),
            "price": np.repeat(rng.integers(100, 999, n), each) * 1.5,
            "year": rng.choice([2021, 2022, 2023], n * each),
            "town": np.resize(["Ulm", "Kiel", "Bonn"], n * each),
            "failed": np.where(failed, "yes", "no"),
        }
    )


def test_groups_are_proposed_for_identifiers_only_and_kept_on_one_side(tmp_path):
    path = tmp_path / "visits.csv"
    visits().to_csv(path, index=False)
    given = {"data": str(path), "target": "failed"}
    mixed = load(validate(given))
    (note,) = [n for n in mixed.provenance.mind if "keep such rows together" in n]
    assert note.endswith("-p group_column MachineID.")
    assert not any("time_column" in n for n in mixed.provenance.notes)
    apart = load(validate(given | {"group_column": "MachineID"}))
    machine = visits()["MachineID"].to_numpy()
    assert not np.isin(machine[apart.test.rows], machine[apart.train.rows]).any()
    assert not any("group_column" in n for n in apart.provenance.notes)
    without = visits().drop(columns="MachineID")  # a price is no one's name
    without.to_csv(path, index=False)
    assert not any("group_column" in n for n in load(validate(given)).provenance.notes)


def test_intervals_by_group_are_wider_and_said(tmp_path):
    frame = visits().rename(columns={"MachineID": "machine_id"})
    by_group = run_of(frame, tmp_path, group_column="machine_id", n_bootstrap=300)
    assert by_group["test"]["intervals_over"] == "machine_id"
    said = decision.certainty(by_group).plain()
    assert "those that share their 'machine_id' are drawn together, since" in said
    assert "whole groups of 'machine_id'" in decision.table(by_group).plain()
    d = load(validate(results.read_json(tmp_path / results.PARAMETERS)))
    frame = results.read_predictions(tmp_path)
    p = frame.loc[frame["split"] == "test", "p"].to_numpy()
    alone = bootstrap(
        d.Y_test, [(p, by_group["threshold"])], 300, np.random.default_rng(1)
    )
    low, high = interval(alone[0]["recall"])
    low_g, high_g = by_group["test"]["intervals"]["recall"]
    assert high_g - low_g > high - low


def test_an_interval_is_said_to_hold_the_whole_world_s_value_and_not_the_next_test_s():
    """Of an accuracy, where drawing rows again is a binomial law."""
    rng, n, true = np.random.default_rng(0), 400, 0.7
    ours, next_test = rng.binomial(n, true, (2, 4000)) / n
    low, high = (stats.binom.ppf(tail, n, ours) / n for tail in TAILS)
    assert np.mean((low <= true) & (true <= high)) == pytest.approx(0.95, abs=0.015)
    assert np.mean((low <= next_test) & (next_test <= high)) < 0.87
    words = {"rows": "visits", "positive": "missed"}
    test = dict.fromkeys(("recall", "precision", "roc_auc", "accuracy", "f1"), 0.5)
    test |= {"intervals": {"f1": (0.4, 0.6)}, "intervals_over": "rows"}
    said = decision.certainty({"test": test, "words": words}).plain()
    assert said.endswith(
        "the range that holds it for all visits of the same world in about 95 of 100 "
        "cases."
    )
