"""Damaged runs, and models that make no sense: named, and the rest is shown."""

import io
import json
import shutil
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from test_overview import make_run

from lopsided.cli import main
from lopsided.errors import InputError
from lopsided.pipeline.overview import find_run
from lopsided.report import results

pytestmark = pytest.mark.slow  # each damage is read by each command

FILES = ["metrics.json", "manifest.json", "parameters.json"]
FILES += ["predictions.parquet", "model.npz"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, tiny_clinic):
    """Give a folder ``runs`` with two runs."""
    root = tmp_path_factory.mktemp("whole") / "runs"
    make_run(root, "good", tiny_clinic, epochs=1)
    make_run(root, "hurt", tiny_clinic, epochs=2)
    return root


@pytest.fixture
def work(whole, tmp_path, monkeypatch):
    """Give a copy of it, as the current folder."""
    shutil.copytree(whole, tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def changed(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


HOW = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "noise": lambda path: path.write_bytes(np.random.default_rng(0).bytes(500)),
    "text": lambda path: path.write_text("hello"),
    "deep": lambda path: path.write_text("[" * 100_000),
    "list": lambda path: path.write_text("[1]"),
    "null": lambda path: path.write_text("null"),
    "digits": lambda path: path.write_text("1" * 5000),
    "folder": lambda path: (path.unlink(), path.mkdir()),
    "gone": lambda path: path.unlink(),
    "loop": lambda path: (path.unlink(), path.symlink_to(path.name)),
}
METRICS = {
    "no test": lambda m: m.pop("test"),
    "no accuracy": lambda m: m["test"].pop("accuracy"),
    "accuracy in words": lambda m: m["test"].update(accuracy="high"),
    "accuracy of 2": lambda m: m["test"].update(accuracy=2),
    "accuracy NaN": lambda m: m["test"].update(accuracy=float("nan")),
    "threshold a list": lambda m: m.update(threshold=[0.5]),
    "no source": lambda m: m["data"].pop("source"),
    "data in words": lambda m: m.update(data="clinic"),
    "f1 a word": lambda m: m["test"].update(f1={"a": 1}),
}


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["lopsided", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return ended.value.code, out, err


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", HOW)
def test_a_damaged_file_is_named_and_the_rest_is_shown(
    name, how, work, tiny_clinic, monkeypatch, capsys
):
    HOW[how](work / "runs/hurt" / name)
    code, out, err = run(monkeypatch, capsys, "runs")
    assert (code, err) == (0, "")
    assert "good " in out
    listed = name not in FILES[:2]
    gone = (how, name) in {(h, "metrics.json") for h in ("folder", "gone", "loop")}
    assert ("hurt " in out) == listed
    if not listed and not gone:
        assert f"runs/hurt/{name}" in out
    code, out, err = run(monkeypatch, capsys, "compare", "good", "hurt")
    if name in ("manifest.json", "model.npz"):
        assert code == 0
    else:
        assert code == 2
        assert err.startswith("lopsided: ")
        assert err.count("\n") == 1
        assert "hurt" in err
    code, out, err = run(
        monkeypatch, capsys, "predict", str(tiny_clinic), "--run", "hurt", "-o", "p.csv"
    )
    if name == "model.npz" or gone:
        assert code == 2
        assert err.count("\n") == 1
        assert "hurt" in err
        assert not (work / "p.csv").exists()
    else:
        assert code == 0
        assert len(pd.read_csv(work / "p.csv")) == 200


@pytest.mark.parametrize("change", METRICS.values(), ids=METRICS)
def test_metrics_without_sense_are_named(change, work, monkeypatch, capsys):
    changed(work / "runs/hurt/metrics.json", change)
    code, out, err = run(monkeypatch, capsys, "runs")
    assert (code, err) == (0, "")
    assert "good " in out
    assert "runs/hurt/metrics.json is damaged: " in out
    assert run(monkeypatch, capsys, "compare", "hurt", "good")[0] == 2


def test_predictions_without_sense_are_named(work, monkeypatch, capsys):
    path = work / "runs/hurt/predictions.parquet"
    frame = pd.read_parquet(path)
    for column, value in [("p", np.nan), ("p", 2.0), ("label", 3), ("split", "other")]:
        odd = frame.copy()
        odd.loc[odd.index[6], column] = value
        odd.to_parquet(path, index=False)
        code, _, err = run(monkeypatch, capsys, "compare", "good", "hurt")
        assert code == 2
        assert "predictions.parquet is damaged: row 7 holds no prediction" in err


@pytest.mark.parametrize(
    "name", ["x" * 5000, "a\0b", "x/" * 3000, "", "\udcff", "\x1b[2J"]
)
def test_an_odd_name_of_a_run_is_refused(name, work, monkeypatch, capsys):
    with pytest.raises(InputError, match=r"there is no run .*good, hurt"):
        find_run(name)
    for command in (["compare", name, "good"], ["predict", "t.csv", "--run", name]):
        code, _, err = run(monkeypatch, capsys, *command)
        assert code == 2
        assert len(err) < 300
        assert "\x1b" not in err


# Models: the description, and the arrays.

DESCRIPTIONS = {
    "threshold NaN": {"threshold": float("nan")},
    "threshold infinite": {"threshold": float("inf")},
    "threshold below 0": {"threshold": -0.1},
    "threshold far above 1": {"threshold": 30.0},
    "threshold in words": {"threshold": "0.5"},
    "threshold true": {"threshold": True},
    "one label": {"labels": ["yes"]},
    "three labels": {"labels": ["no", "yes", "maybe"]},
    "no labels": {"labels": []},
    "labels a word": {"labels": "no"},
    "labels alike": {"labels": ["yes", "yes"]},
    "labels of numbers": {"labels": [0, 1]},
    "no weight": {"w": 0},
    "weight NaN": {"w": float("nan")},
    "no target": {"target": ""},
    "target a number": {"target": 3},
    "target a feature": {"target": "Age"},
    "a short recipe": {"recipe": -1},
    "no recipe": {"recipe": []},
    "layers too many": {"layer_dims": [9, 40, 3, 1, 1]},
    "layers too wide": {"layer_dims": [9, 10**9, 3, 1]},
    "layers without an end": {"layer_dims": [9, 40, 3, 2]},
    "a layer of 0": {"layer_dims": [9, 0, 1]},
    "layers in fractions": {"layer_dims": [9.0, 40.0, 3.0, 1.0]},
    "no layers": {"layer_dims": []},
    "another program": {"format": "other model"},
    "no version": {"version": None},
    "version 0": {"version": 0},
    "version in words": {"version": "1"},
    "version without end": {"version": -(10**400)},
    "no fingerprint": {"fingerprint": ""},
    "more than there is": {"hook": "os.system"},
}
FEATURES = {
    "scale 0": {"scale": 0},
    "scale below 0": {"scale": -1},
    "scale NaN": {"scale": float("nan")},
    "scale infinite": {"scale": float("inf")},
    "mean NaN": {"mean": float("nan")},
    "fill NaN": {"fill": float("nan")},
    "mean in words": {"mean": "3"},
    "kind unknown": {"kind": "colour"},
    "part unknown": {"part": "__class__"},
    "part of another kind": {"kind": "number", "part": "month"},
    "column a number": {"column": 3},
    "more than there is": {"hook": "x"},
}
ARRAYS = {
    "theta NaN": lambda a: a["theta"].__setitem__(3, np.nan),
    "theta short": lambda a: a.update(theta=a["theta"][:-1]),
    "theta flat no more": lambda a: a.update(theta=a["theta"][None]),
    "theta of whole numbers": lambda a: a.update(theta=a["theta"].astype(int)),
    "theta complex": lambda a: a.update(theta=a["theta"].astype(complex)),
    "theta text": lambda a: a.update(theta=a["theta"].astype(str)),
    "no theta": lambda a: a.pop("theta"),
    "no description": lambda a: a.pop("description"),
    "description a number": lambda a: a.update(description=np.array(3.0)),
    "description bytes": lambda a: a.update(description=np.array(b"\xff")),
    "description deep": lambda a: a.update(description=np.array("[" * 10**5)),
    "description many": lambda a: a.update(description=np.array(["{}", "{}"])),
    "description half a character": lambda a: a.update(description=np.array("\ud800")),
    "history short": lambda a: a.update(objective=a["objective"][:-1]),
    "no history": lambda a: [a.update({n: a[n][:0]}) for n in list(a)[2:]],
    "history NaN": lambda a: a["objective"].__setitem__(0, np.nan),
    "history in words": lambda a: a.update(objective=np.array(["a", "b"])),
    "history of pictures": lambda a: a.update(objective=np.zeros((2, 2))),
    "more than there is": lambda a: a.update(more=np.zeros(2)),
}


def stored(path):
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays.files}


def refused(path):
    with pytest.raises(InputError) as caught:
        results.load_model(path)
    message = str(caught.value)
    assert message.startswith(f"{path} is damaged, or is not a model of lopsided")
    assert "\n" not in message
    return message


def with_description(path, change):
    arrays = stored(path)
    described = json.loads(str(arrays["description"]))
    change(described)
    np.savez(path, **(arrays | {"description": np.array(json.dumps(described))}))


@pytest.mark.parametrize("case", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_description_without_sense_is_refused(case, work):
    path = work / "runs/hurt/model.npz"
    cut = case.get("recipe") == -1

    def change(described):
        described.update({"recipe": described["recipe"][:-1]} if cut else case)

    with_description(path, change)
    refused(path)


@pytest.mark.parametrize("case", FEATURES.values(), ids=FEATURES)
def test_a_feature_without_sense_is_refused(case, work):
    path = work / "runs/hurt/model.npz"
    with_description(path, lambda described: described["recipe"][1].update(case))
    assert ": " in refused(path).removeprefix(str(path))


@pytest.mark.parametrize("change", ARRAYS.values(), ids=ARRAYS)
def test_arrays_without_sense_are_refused(change, work):
    path = work / "runs/hurt/model.npz"
    arrays = stored(path)
    change(arrays)
    np.savez(path, **arrays)
    refused(path)


def test_a_packed_model_is_refused_by_what_it_says_of_itself(work, monkeypatch):
    path = work / "runs/hurt/model.npz"
    monkeypatch.setattr(results, "MOST_BYTES", 1000)
    assert "unpacks to more than 1,000 bytes" in refused(path)


def test_an_array_that_claims_to_be_huge_is_refused(work):
    path = work / "runs/hurt/model.npz"
    arrays = stored(path)
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (%d,), }\n"
    for shape in (10**12, -1, 10**400):
        text = (header % shape).encode().ljust(502)
        lying = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
        with zipfile.ZipFile(path, "w") as archive:
            for name, array in arrays.items():
                file = io.BytesIO()
                np.save(file, array)
                content = lying if name == "theta" else file.getvalue()
                archive.writestr(f"{name}.npy", content)
        refused(path)


def test_bits_that_flip_are_noticed_or_harmless(work):
    path = work / "runs/hurt/model.npz"
    content, model = path.read_bytes(), results.load_model(path)
    for at in np.random.default_rng(0).integers(0, len(content), 60):
        flipped = bytearray(content)
        flipped[at] ^= 1 << (at % 8)
        path.write_bytes(bytes(flipped))
        try:
            read = results.load_model(path)
        except InputError:
            continue
        assert np.array_equal(read.network.theta, model.network.theta)
        assert read.recipe == model.recipe
        assert read.labels == model.labels
