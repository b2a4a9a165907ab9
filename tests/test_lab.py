"""What a reader does first: `make lab`, open a notebook, "Run All Cells"."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from browser import chromium

from lopsided.lesson import metrics
from lopsided.parameters import validate
from lopsided.report import experiment
from lopsided.table.dataset import load

pytest.importorskip("playwright", reason="the extra `test` is missing: make test")

TOP = Path(__file__).parents[1]
NOTEBOOKS = sorted(path.stem for path in (TOP / "notebooks").glob("*.ipynb"))
PLAY = "08_explore"
READY = 60  # seconds for a page or a server; none takes nearly as long
DONE = 600  # the same for a notebook


def wait_for(what, seconds, check):
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, f"no {what} after {seconds} s"
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Run `make lab` on a copy of the notebooks; give its address and their folder."""
    if os.name != "posix" or not shutil.which("make"):
        pytest.skip("there is no make")
    top = tmp_path_factory.mktemp("lab")
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "jupytext.toml"):
        shutil.copy2(TOP / name, top)
    shutil.copytree(TOP / "notebooks", top / "notebooks")
    (top / ".venv").symlink_to(sys.prefix)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = {
        "ServerApp": {"port": port, "port_retries": 0, "allow_root": True},
        "ExtensionApp": {"open_browser": False},
        "IdentityProvider": {"token": ""},
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
            return urlopen(f"{address}/api/status", timeout=5)
        except (URLError, TimeoutError):
            return None

    try:
        wait_for("server", READY, answers).close()
        yield address, top / "notebooks"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(READY)


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def page(lab, browser):
    """An empty page; what it opens must not ask any other host."""
    address, _ = lab
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(READY * 1000)
    asked, failed = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    yield page
    page.close()
    own = (address, address.replace("http", "ws"), "data:", "blob:")
    assert not [url for url in asked if not url.startswith(own)]
    assert not failed


def open_notebook(page, address, name):
    page.goto(f"{address}/lab/tree/{name}.ipynb?reset")
    page.locator(".jp-Notebook").wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()


def run_all(page):
    """Run all cells, wait for the last, and save."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.get_by_text("Python 3 (ipykernel) | Busy").wait_for()
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
    wait_for(
        "end",
        DONE,
        lambda: all(re.fullmatch(r"\[\d+\]:", p) for p in prompts.all_text_contents()),
    )
    assert not page.locator(".jp-Dialog").count()
    page.keyboard.press("Control+s")
    page.locator(
        ".jp-DocumentTab .jp-mod-dirty, .jp-mod-current.jp-mod-dirty"
    ).wait_for(state="detached")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_from_top_to_bottom_without_a_word_of_complaint(
    lab, page, name
):
    address, folder = lab
    path = folder / f"{name}.ipynb"
    before = path.read_bytes()
    open_notebook(page, address, name)
    run_all(page)
    wait_for("saved notebook", READY, lambda: path.read_bytes() != before)
    cells = [
        c for c in json.loads(path.read_bytes())["cells"] if c["cell_type"] == "code"
    ]
    assert [c["execution_count"] for c in cells] == [*range(1, len(cells) + 1)]
    for cell in cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error", output
            assert output.get("name") != "stderr", output
    if name == PLAY:
        check_the_slider(page)


def check_the_slider(page):
    """Move it with the keyboard; the four counts are those that Python finds."""
    p = validate({"weighting": "positive", "epochs": 20, "w": 1.0})
    table = load(p)
    predictions = experiment.fit(table.parameters.with_(epochs=20), table)
    handle = page.get_by_role("slider").first
    said = page.locator(".widget-slider .widget-readout").first
    seen = set()
    for _ in range(20):
        handle.press("ArrowLeft")
        t = float(said.inner_text())
        seen.add(t)
        counts = metrics.confusion_matrix(table.Y_test, predictions.p_test >= t)
        for cell, n in zip(("tn", "fp", "fn", "tp"), counts.flat, strict=True):
            shown = page.locator(f".widget-html td[data-show={cell}]")
            shown.filter(has_text=re.compile(f"^{n:,}$")).wait_for()
    assert len(seen) == 20
