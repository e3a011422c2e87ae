"""`kubectl_complete-campaign`, which kubectl starts when somebody completes `kubectl campaign ...`.

Owns the answer that kubectl reads: a line for each word, and last what the shell does besides, as Cobra has it
(https://github.com/spf13/cobra/blob/main/site/content/completions/_index.md).
"""

import io
import os
import shlex
import sys
from contextlib import redirect_stdout

from kubectl_campaign.plugin import COMPLETE_VARIABLE, app

_NO_FILES = ":4"
_FILES = ":0"
_OPTIONS_OF_FILES = ("--kubeconfig", "--policy", "--ca-file")


def main() -> None:
    """The console script."""
    words = sys.argv[1:] or [""]
    os.environ |= {
        COMPLETE_VARIABLE: "complete_bash",
        "COMP_WORDS": shlex.join(["kubectl-campaign", *words]),
        "COMP_CWORD": str(len(words)),
    }
    answer = io.StringIO()
    try:
        with redirect_stdout(answer):
            app(prog_name="kubectl-campaign", complete_var=COMPLETE_VARIABLE)
    except SystemExit:
        pass
    sys.stdout.write(answer.getvalue())
    before = words[-2] if len(words) > 1 else ""
    sys.stdout.write(f"{_FILES if before in _OPTIONS_OF_FILES else _NO_FILES}\n")
