"""Writes the README of the chart from the comments of its values, by helm-docs: a part of `make generate`.

https://github.com/norwoodj/helm-docs
"""

import asyncio
import subprocess
import sys
from pathlib import Path

from campaign_sandbox.binaries import BinariesError, ensure_helm_docs

CHART = Path(__file__).parents[1] / "charts" / "campaign-operator"


def write_readme(helm_docs: Path, chart: Path = CHART) -> None:
    """Write README.md of the chart, in the order of its values. Raises subprocess.CalledProcessError."""
    options = ["--chart-search-root=.", "--sort-values-order=file", "--log-level=warning"]
    subprocess.run([helm_docs, *options], cwd=chart, check=True)


def main() -> int:
    """0 where it is written."""
    try:
        write_readme(asyncio.run(ensure_helm_docs(lambda line: print(line, file=sys.stderr))))
    except BinariesError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
