"""Run a program that the kernel ends when our own process ends, however that ends.

Owns one thing: the step between fork and exec in which a process says that it wants to be killed together with its
parent. No handler of ours runs after SIGKILL or a crash of the interpreter, so only the kernel can keep servers from
being left behind. It is a program of its own, run by path and without site-packages, because such a step inside
`subprocess` (`preexec_fn`) is not safe in a process that has threads.

Linux only. Other systems have nothing like it: there the program is simply run, and a SIGKILL of its parent leaves it
behind.

Source: prctl(2), PR_SET_PDEATHSIG. "Parent" there is the *thread* that forked, so the caller forks from the main
thread.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent_pid: int, command: list[str]) -> None:
    """Become `command`; give up quietly if the parent has gone before the kernel was told."""
    if sys.platform == "linux":
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != parent_pid:
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
