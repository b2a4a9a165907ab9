"""Using what was trained: new tables, and model files that cannot be trusted."""

import re
import zipfile

import numpy as np
import pandas as pd
import pytest

from lopsided.errors import InputError
from lopsided.parameters import validate
from lopsided.pipeline.predict import predict, write_predictions
from lopsided.report import experiment, results
from lopsided.table.dataset import load


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A table with numbers, gaps, categories and dates, and a model trained on it."""
    folder = tmp_path_factory.mktemp("shop")
    rng = np.random.default_rng(0)
    n = 300
    frame = pd.DataFrame(
        {
            "price": rng.normal(50, 10, n).round(2),
            "gift": rng.choice(["yes", "no"], n),
            "town": rng.choice(["Ulm", "Bonn", "Kiel"], n),
            "day": pd.date_range("2026-01-01", periods=n).astype(str),
            "returned": rng.choice(["yes", "no"], n, p=[0.2, 0.8]),
        }
    )
    frame.loc[:9, "price"] = np.nan
    path = folder / "shop.csv"
    frame.to_csv(path, index=False)
    given = {"target": "returned", "training": "report", "epochs": 2}
    p = validate({"data": str(path)} | given)
    dataset = load(p)
    fitted = experiment.fit(dataset.parameters, dataset)
    results.save_fitted(folder, dataset.parameters, dataset, fitted)
    model = results.load_model(folder / results.MODEL)
    return folder, frame, dataset, fitted, model


def test_the_same_rows_get_the_same_probabilities(shop):
    folder, _, dataset, fitted, model = shop
    predictions, notes = predict(model, folder / "shop.csv")
    assert np.array_equal(
        predictions["probability"].to_numpy()[dataset.test.rows], fitted.p_test[0]
    )
    flagged = predictions["probability"] >= model.threshold
    assert set(predictions.loc[flagged, "decision"]) <= {"yes"}
    assert set(predictions.loc[~flagged, "decision"]) <= {"no"}
    assert list(predictions["row"]) == list(range(1, 301))
    assert not [n for n in notes if "unknown" in n]


def test_the_target_is_not_needed_and_order_of_columns_does_not_matter(shop, tmp_path):
    folder, frame, _, _, model = shop
    shuffled = frame[["town", "day", "price", "gift"]]
    shuffled.to_parquet(tmp_path / "new.parquet")
    expected, _ = predict(model, folder / "shop.csv")
    found, _ = predict(model, tmp_path / "new.parquet")
    assert np.array_equal(found["probability"], expected["probability"])


def test_a_row_has_one_probability_wherever_it_stands(shop, tmp_path):
    folder, frame, _, _, model = shop
    expected = predict(model, folder / "shop.csv")[0]["probability"].to_numpy()
    rows = np.random.default_rng(1).integers(0, len(frame), 4999)
    frame.iloc[rows].to_csv(tmp_path / "again.csv", index=False)
    found = predict(model, tmp_path / "again.csv")[0]["probability"].to_numpy()
    assert np.array_equal(found, expected[rows])


def test_a_model_of_version_1_is_read_as_it_was_meant(shop, tmp_path):
    folder, _, _, _, model = shop
    with np.load(folder / results.MODEL) as arrays:
        stored = dict(arrays)
    layers = zip(model.network.W.values(), model.network.b.values(), strict=True)
    stored["theta"] = np.concatenate([np.hstack(layer).ravel() for layer in layers])
    described, n = re.subn(
        r'"version": ?\d+', '"version": 1', str(stored["description"])
    )
    assert n == 1
    stored["description"] = np.array(described)
    np.savez(tmp_path / "old.npz", **stored)
    old = results.load_model(tmp_path / "old.npz")
    assert np.array_equal(old.network.theta, model.network.theta)


def test_a_table_that_lacks_columns_is_refused(shop, tmp_path):
    _, frame, _, _, model = shop
    frame.drop(columns=["town", "price"]).to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(InputError, match=r"lacks 2 columns.*'price', 'town'"):
        predict(model, tmp_path / "new.csv")


def test_what_a_file_asks_for_can_be_given(shop, tmp_path):
    """Advice such as ``-p member NAME`` is of use here too."""
    folder, frame, _, _, model = shop
    expected, _ = predict(model, folder / "shop.csv")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for name in ("a.csv", "b.csv"):
            archive.writestr(name, frame.to_csv(index=False))
    with pytest.raises(InputError, match="choose one with -p member NAME"):
        predict(model, tmp_path / "two.zip")
    found, _ = predict(model, tmp_path / "two.zip", {"member": "b.csv"})
    pd.testing.assert_frame_equal(found, expected)
    with pytest.raises(InputError, match="decimal cannot change"):
        predict(model, tmp_path / "two.zip", {"decimal": ","})


def test_a_table_without_names_lacks_columns_and_gets_no_advice_that_cannot_help(
    shop, tmp_path
):
    _, frame, _, _, model = shop
    frame.to_csv(tmp_path / "bare.csv", index=False, header=False)
    with pytest.raises(InputError, match="lacks 4 columns that the model needs"):
        predict(model, tmp_path / "bare.csv")


def test_unknown_categories_and_values_are_told(shop, tmp_path):
    _, frame, _, _, model = shop
    new = frame.astype({"price": object})
    new.loc[0:4, "town"] = "Rome"
    new.loc[5, "gift"] = "maybe"
    new.loc[7, "price"] = "dear"
    new.to_csv(tmp_path / "new.csv", index=False)
    predictions, notes = predict(model, tmp_path / "new.csv")
    assert predictions["probability"].notna().all()
    text = " ".join(notes)
    for word in ("'town'", "'gift'", "'price'"):
        assert word in text, notes


def test_appointments_get_their_booking_features(tiny_clinic, tmp_path):
    dataset = load(validate({"data": str(tiny_clinic), "epochs": 1}))
    fitted = experiment.fit(dataset.parameters, dataset)
    results.save_fitted(tmp_path, dataset.parameters, dataset, fitted)
    new = pd.read_csv(tiny_clinic).drop(columns=["No-show", "PatientId"])
    new.to_csv(tmp_path / "new.csv", index=False)
    model = results.load_model(tmp_path / results.MODEL)
    predictions, _ = predict(model, tmp_path / "new.csv")
    found = predictions["probability"].to_numpy()[dataset.test.rows]
    assert np.array_equal(found, fitted.p_test[0])


def test_predictions_never_overwrite(shop, tmp_path):
    predictions, _ = predict(shop[4], shop[0] / "shop.csv")
    write_predictions(predictions, tmp_path / "out.csv")
    again = pd.read_csv(tmp_path / "out.csv")
    assert np.allclose(again["probability"], predictions["probability"], rtol=0)
    with pytest.raises(InputError, match="is there already"):
        write_predictions(predictions, tmp_path / "out.csv")
    with pytest.raises(InputError, match="cannot write"):
        write_predictions(predictions, tmp_path / "none" / "out.csv")


def damage(content, how):
    if how == "cut":
        return content[: len(content) // 2]
    if how == "empty":
        return b""
    if how == "text":
        return b"this is not a model"
    broken = bytearray(content)
    for i in range(200, len(broken), 97):
        broken[i] ^= 0xFF
    return bytes(broken)


@pytest.mark.parametrize("how", ["cut", "empty", "text", "flipped"])
def test_a_damaged_model_is_refused(shop, tmp_path, how):
    path = tmp_path / "model.npz"
    path.write_bytes(damage((shop[0] / results.MODEL).read_bytes(), how))
    with pytest.raises(InputError, match="is damaged, or is not a model of lopsided"):
        results.load_model(path)


def test_a_foreign_or_newer_model_is_refused(shop, tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, theta=np.zeros(3))
    with pytest.raises(InputError, match="is not a model of lopsided"):
        results.load_model(path)
    np.savez(path, description=np.array([{"a": 1}], dtype=object))  # needs pickle
    with pytest.raises(InputError, match="is not a model of lopsided"):
        results.load_model(path)
    with np.load(shop[0] / results.MODEL) as arrays:
        stored = {name: arrays[name] for name in arrays.files}
    said = f'"version": {results.MODEL_VERSION}'
    newer = str(stored["description"]).replace(said, '"version": 99')
    stored["description"] = np.array(newer)
    np.savez(path, **stored)
    with pytest.raises(InputError, match="written by a newer lopsided"):
        results.load_model(path)
    with pytest.raises(InputError, match="there is no model file"):
        results.load_model(tmp_path / "none.npz")


def test_predictions_into_a_folder_that_is_not_there_are_refused_in_words(tmp_path):
    for name in ("p.csv", "p.parquet"):
        with pytest.raises(InputError, match=r"cannot write .*p\.\w+: No such file or"):
            write_predictions(
                pd.DataFrame({"probability": [0.1], "decision": ["no"]}),
                tmp_path / "no" / "where" / name,
            )
        assert not [*tmp_path.iterdir()]
