"""The kernel of a run: this interpreter's, whatever is configured around it.

Kernelspecs, IPython's and Jupyter's configuration and start-up files, the variables
that change Python, and matplotlibrc are a reader's own. A run has nothing of them. What
it imports is what this process imports.
"""

import asyncio
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ipykernel.kernelapp import IPKernelApp
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from lopsided.pipeline import processes

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
        options["env"] = processes.environment(own)
        return await super()._async_pre_start_kernel(**options)

    async def _async_launch_kernel(self, kernel_cmd: list[str], **kw: Any) -> None:
        if not processes.is_fresh_fork:
            await super()._async_launch_kernel(kernel_cmd, **kw)
            return
        provisioner: Any = self.provisioner  # of jupyter_client: it keeps a Popen
        kernel = Fork(kernel_cmd[kernel_cmd.index("-f") :], kw["env"])
        provisioner.process = kernel
        provisioner.pid = provisioner.pgid = kernel.pid


class Fork:
    """A kernel that is a fork of this process, for who expects a `subprocess.Popen`.

    Parameters
    ----------
    arguments : list of str
        Of the kernel's command line.
    variables : dict
        Its environment.
    """

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], variables: dict[str, str]) -> None:
        # The kernel ends when this process does, however it ends.
        own = [*arguments, f"--IPKernelApp.parent_handle={os.getpid()}"]
        given = (own, variables)
        self.process = get_context("fork").Process(target=be_kernel, args=given)
        self.process.start()
        self.pid = self.process.pid
        self.kill, self.terminate = self.process.kill, self.process.terminate

    def poll(self) -> int | None:
        """Give how it ended; None while it runs."""
        return self.process.exitcode

    def wait(self) -> int | None:
        """Wait until it has ended, and give how."""
        self.process.join()
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal to it alone."""
        if self.pid is not None and self.poll() is None:
            os.kill(self.pid, number)


def be_kernel(arguments: list[str], variables: dict[str, str]) -> None:
    """Turn a fork of a worker into a kernel; nothing of the worker's stays."""
    os.setsid()
    processes.call("kernel")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    processes.take(variables)
    tempfile.tempdir = None
    logging.disable(logging.NOTSET)
    asyncio.set_event_loop(asyncio.new_event_loop())
    # As -P does: but who names the current folder in PYTHONPATH wants it there.
    here = {"", str(Path.cwd())} - {*variables.get("PYTHONPATH", "").split(os.pathsep)}
    sys.path[:] = [folder for folder in sys.path if folder not in here]
    Application.launch_instance(argv=arguments)


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
    processes.call("kernel")
    Application.launch_instance()
