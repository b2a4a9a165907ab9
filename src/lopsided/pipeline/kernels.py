"""The kernel of a run: this interpreter's, whatever is configured around it.

Kernelspecs, IPython's and Jupyter's configuration and start-up files, the variables
that change Python, and matplotlibrc are a reader's own. A run has nothing of them. What
it imports is what this process imports.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from ipykernel.kernelapp import IPKernelApp
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

#: Beginnings of the names of variables that change what a kernel does.
CHANGING = ("PYTHON", "IPYTHON", "JUPYTER", "MPLBACKEND", "MATPLOTLIBRC")
#: Of those, what decides which modules are found.
NEEDED = {
    "PYTHONHOME",
    "PYTHONNOUSERSITE",
    "PYTHONPATH",
    "PYTHONPLATLIBDIR",
    "PYTHONUSERBASE",
}
#: A kernel on this machine need not warn that its messages are not encrypted, nor
#: complain of the interrupt that ends it while it is busy.
ARGUMENTS = ["--IPKernelApp.log_level=CRITICAL"]


class OwnKernel(AsyncKernelManager):
    """Starts `Application` with this interpreter; no kernelspec is looked up.

    The folder of its connection file takes what it writes for itself.
    """

    @property
    def kernel_spec(self) -> KernelSpec:
        """Say how the kernel is started."""
        # -P: no module of the current folder stands before one of Python's.
        start = [sys.executable, "-P", "-m", __name__, "-f", "{connection_file}"]
        return KernelSpec(argv=start, display_name="Python 3", language="python")

    async def _async_pre_start_kernel(self, **options: Any) -> Any:
        own = str(Path(self.connection_file).parent)
        options["env"] = environment(own)
        return await super()._async_pre_start_kernel(**options)


def environment(own: str) -> dict[str, str]:
    """Give a kernel's environment variables; it keeps its own files in a folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in NEEDED or not name.startswith(CHANGING)
    }
    folders = "IPYTHONDIR JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR"
    return kept | {
        **dict.fromkeys(folders.split(), own),
        "MPLBACKEND": "agg",
        "PYTHONUTF8": "1",
    }


@contextmanager
def own_kernel() -> Iterator[dict[str, Any]]:
    """Give what papermill and nbclient need to start a kernel of a run."""
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(
        prefix="kernel-", ignore_cleanup_errors=True
    ) as own:
        # Two kernels could draw the same port: they talk through files.
        path = Path(own, "k")
        through_files = os.name == "posix" and len(str(path)) < 90  # all a socket takes
        manager = {
            "connection_file": str(path),
            "transport": "ipc" if through_files else "tcp",
        }
        yield {
            "kernel_name": "python3",
            "kernel_manager_class": OwnKernel,
            "extra_arguments": ARGUMENTS,
            "config": Config(KernelManager=manager),
        }


class Application(IPKernelApp):
    """The kernel, which reads no configuration and runs no start-up file."""

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """Read none."""

    def _run_startup_files(self) -> None:
        """Run none."""

    def init_code(self) -> None:
        """Draw as matplotlib does by default, also beside a matplotlibrc."""
        with chdir(Path(self.connection_file).parent):
            import matplotlib as mpl

        mpl.rcdefaults()
        super().init_code()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    Application.launch_instance()
