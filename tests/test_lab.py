"""What a reader does first: `make lab`, open a notebook, "Run All Cells"."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest
from browser import chromium
from conftest import HANGS, in_ci, until

from lopsided.lesson import metrics
from lopsided.parameters import validate
from lopsided.pipeline.notebooks import execute, tidy
from lopsided.report import experiment, explorer
from lopsided.table.dataset import load

pytestmark = pytest.mark.slow

pytest.importorskip("playwright", reason="the extra `test` is missing: make test")

TOP = Path(__file__).parents[1]
NOTEBOOKS = sorted(path.stem for path in (TOP / "notebooks").glob("*.ipynb"))
PLAY = "08_explore"


def shorten(folder):
    """Let the notebooks train briefly: nbval trains them in full, and this is Lab."""
    for path in folder.glob("0*"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("epochs = None", "epochs = 20"), encoding="utf-8")
    assert "epochs = 20" in (folder / "03_training.ipynb").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Run `make lab` on a copy of the notebooks; give its address and their folder."""
    if os.name != "posix" or not shutil.which("make"):
        pytest.skip("there is no make")
    top = tmp_path_factory.mktemp("lab")
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "jupytext.toml"):
        shutil.copy2(TOP / name, top)
    shutil.copytree(TOP / "notebooks", top / "notebooks")
    shorten(top / "notebooks")
    (top / ".venv").symlink_to(sys.prefix)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = {
        "ServerApp": {"port": port, "port_retries": 0, "allow_root": True},
        "ExtensionApp": {"open_browser": False},
        "IdentityProvider": {"token": ""},
        "MappingKernelManager": {"kernel_info_timeout": HANGS},
    }
    (top / "config").mkdir()
    (top / "config" / "jupyter_server_config.json").write_text(json.dumps(config))
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    with open(top / "log", "wb") as log:
        server = subprocess.Popen(
            ["make", "-o", ".venv/.ready", "lab"],
            cwd=top,
            env=os.environ | {name: str(top / folder) for name, folder in own.items()},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"

    def answers():
        assert server.poll() is None, (top / "log").read_text()
        try:
            return urlopen(f"{address}/api/status", timeout=HANGS)
        except (URLError, TimeoutError):
            return None

    try:
        until(answers, "the server").close()
        yield address, top / "notebooks"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(HANGS)


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def page(lab, browser):
    """Lab in a page, which must not ask any other host."""
    address, _ = lab
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(HANGS * 1000)
    asked, failed = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(f"{address}/lab?reset")
    yield page
    page.close()
    own = (address, address.replace("http", "ws"), "data:", "blob:")
    assert not [url for url in asked if not url.startswith(own)]
    assert not failed


@contextmanager
def opened_notebook(page, name):
    """Open a notebook from the list of files; in the end close it and its kernel."""
    page.locator(".jp-DirListing-item", has_text=f"{name}.ipynb").dblclick()
    page.locator(".jp-Notebook").wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    yield
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_text("Close and Shut Down Notebook…", exact=True).click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator(".jp-Notebook").wait_for(state="detached")


def run_all(page):
    """Run all cells, wait for the last, and save. A folded cell has no prompt."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.get_by_text("Python 3 (ipykernel) | Busy").wait_for()
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
    until(
        lambda: all(
            re.fullmatch(r"\[\d+\]:", prompt)
            for prompt in prompts.all_text_contents()
            if prompt
        ),
        "the end",
    )
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    save(page)


def save(page):
    """Save what the page shows, and wait until that is done."""
    assert not page.locator(".jp-Dialog").count()
    page.keyboard.press("Control+s")
    page.locator(
        ".jp-DocumentTab .jp-mod-dirty, .jp-mod-current.jp-mod-dirty"
    ).wait_for(state="detached")


@pytest.mark.parametrize("name", in_ci(NOTEBOOKS, PLAY))
def test_a_notebook_runs_from_top_to_bottom_without_a_word_of_complaint(
    lab, page, name
):
    path = lab[1] / f"{name}.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"epochs = None', '"epochs = 20'), encoding="utf-8")
    before = path.read_bytes()
    with opened_notebook(page, name):
        run_all(page)
        until(lambda: ended(page, path) and path.read_bytes() != before, "the end")
        if name == PLAY:
            check_the_slider(page)
    cells = [cell for cell in saved(path) if cell["cell_type"] == "code"]
    assert [c["execution_count"] for c in cells] == [*range(1, len(cells) + 1)]
    for cell in cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error", output
            assert output.get("name") != "stderr", output


def outputs(path):
    """Read a notebook's outputs, without what differs between equal executions."""
    notebook = nbformat.read(path, as_version=4)
    tidy(notebook)
    for output in (o for cell in notebook.cells for o in cell.get("outputs", [])):
        output.pop("execution_count", None)
    return [cell.get("outputs") for cell in notebook.cells]


@pytest.mark.ci
def test_run_all_again_with_another_parameter_is_what_a_fresh_kernel_gives(
    lab, page, tiny_clinic, tmp_path
):
    path = lab[1] / "again.ipynb"
    notebook = nbformat.read(lab[1] / "05_report.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert "parameters" in code[0].metadata.tags
    code[0].source = f"epochs = 2\ndata = {str(tiny_clinic)!r}\nrun_dir = None"
    changed = code[0].source.replace("epochs = 2", "epochs = 3")
    nbformat.write(notebook, path)
    page.goto(f"{lab[0]}/lab?reset")  # the list of files has it
    with opened_notebook(page, "again"):
        shown = []
        for number in range(3):
            if number == 2:
                page.locator(".jp-CodeCell").first.locator(".cm-content").click()
                page.keyboard.press("Control+a")
                page.keyboard.insert_text(changed)
            run_all(page)
            start = number * len(code) + 1
            until(lambda start=start: counts(path)[0] == start, "the saved notebook")
            shown.append(outputs(path))
    assert shown[0] == shown[1]
    first = next(cell for cell in saved(path) if cell["cell_type"] == "code")
    assert first.source == changed
    execute(path, tmp_path / "fresh.ipynb", {})
    assert shown[2] == outputs(tmp_path / "fresh.ipynb")
    assert shown[2] != shown[1]


def ended(page, path):
    """Save; tell whether each cell has run, or one failed. Few are in view."""
    save(page)
    outputs = [output for cell in saved(path) for output in cell.get("outputs", [])]
    failed = any(output.output_type == "error" for output in outputs)
    return failed or all(counts(path))


def saved(path):
    """Read the cells, once the file is whole: it may just be written."""

    def read():
        with suppress(nbformat.reader.NotJSONError):
            return nbformat.read(path, as_version=4).cells

    return until(read, "a whole notebook")


def counts(path):
    return [cell.execution_count for cell in saved(path) if cell.cell_type == "code"]


def check_the_slider(page):
    """Move it with the keyboard; the four counts are those that Python finds."""
    plan = {"training": "report", "weighting": "positive", "w": 1.0, "epochs": 25}
    plan |= {"hidden_units": [8]}
    rates = {"initial_learning_rate": 0.1, "final_learning_rate": 0.001}
    table = load(validate(plan | rates))
    predictions = experiment.fit(table.parameters, table)
    panel = page.locator(".lopsided-explorer")
    handle = panel.get_by_role("slider", name="Threshold")
    places = {name: panel.locator(f"td [data-show={name}]") for name in explorer.COUNTS}
    seen = set()
    for _ in range(20):
        handle.press("ArrowLeft")
        t = float(handle.get_attribute("aria-valuetext"))
        seen.add(t)
        counts = metrics.confusion_matrix(table.Y_test, predictions.p_test >= t)
        shown = [places[n].inner_text().replace(",", "") for n in explorer.COUNTS]
        assert [*map(int, shown)] == counts.ravel().tolist()
    assert len(seen) == 20
