"""The chart as Helm renders it."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

CHART = Path(__file__).parents[1] / "charts" / "campaign-operator"


def helm_runner(program: Path, home: Path) -> Callable[..., str]:
    """Run Helm and return its stdout; `values` are given on stdin, for commands with `--values=-`. `home` keeps it from
    repositories and plugins of the user's.

    What is returned raises subprocess.CalledProcessError.
    """

    def run(*args: str | Path, values: Mapping[str, object] | None = None) -> str:
        return subprocess.run(
            [program, *args],
            env={**os.environ, "HOME": str(home)},
            input=json.dumps(values or {}),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    return run


def chart_renderer(helm: Callable[..., str]) -> Callable[..., str]:
    """Render the chart as release `campaign-operator` in a namespace: all of it, or the templates named by `only`.

    Without the CustomResourceDefinition unless `values` ask for it, since tests share that.
    """

    def render(namespace: str, values: Mapping[str, object] | None = None, only: Sequence[str] = ()) -> str:
        chosen = [f"--show-only=templates/{name}" for name in only]
        options = [f"--namespace={namespace}", "--values=-", *chosen]
        return helm(
            "template", "campaign-operator", CHART, *options, values={"crds": {"enabled": False}, **(values or {})}
        )

    return render
