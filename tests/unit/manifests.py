"""Manifests for the tests of `validate` and `preview`, and the real program in a process of its own."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from campaign_operator.validation.findings import Finding
from campaign_operator.validation.report import Report, check_sources
from campaign_operator.validation.sources import Source
from campaign_operator.validation.supplied import NOTHING_SUPPLIED, Supplied

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
NOW_TEXT = "2026-11-25T12:00:00Z"

SOUND = """\
apiVersion: campaign-operator.io/v1alpha1
kind: OutboundCampaign
metadata:
  name: spring
  namespace: sales
spec:
  campaignID: 8f14e45f
  cron: "0 9 * * *"
  connection:
    secretRef: {name: cxone}
  contacts:
    - {id: c1, timeZone: America/New_York}
    - {id: c2, timeZone: Europe/London}
"""


LISTED = SOUND.split("  contacts:")[0] + "  contactsFrom:\n    - {configMapKeyRef: {name: list, key: contacts.csv}}\n"
"""The sound manifest with its contacts in a ConfigMap; the reference is in line 12."""

SHARED_CALENDAR = "callingHours: {excludeDatesFrom: {configMapKeyRef: {name: holidays, key: all}}}"


def listed(*lines: str, source: str = "configMapKeyRef: {name: list, key: contacts.csv}") -> str:
    """The manifest with its contacts elsewhere, in this source, and with further lines in its spec."""
    return LISTED.replace("configMapKeyRef: {name: list, key: contacts.csv}", source) + "".join(
        f"  {line}\n" for line in lines
    )


def config_map(text: str, name: str = "list", key: str = "contacts.csv", namespace: str = "sales") -> str:
    """A document with a ConfigMap that holds this text."""
    return _object("ConfigMap", name, namespace, "data", key, text)


def secret(text: str, name: str = "list", key: str = "contacts.csv", place: str = "stringData") -> str:
    """A document with a Secret that holds this text."""
    return _object("Secret", name, "sales", place, key, text)


def _object(kind: str, name: str, namespace: str, place: str, key: str, text: str) -> str:
    metadata = {"name": name, "namespace": namespace}
    return f"---\n{json.dumps({'apiVersion': 'v1', 'kind': kind, 'metadata': metadata, place: {key: text}})}\n"


def with_spec(*lines: str) -> str:
    """The sound manifest with further lines in its spec."""
    return SOUND + "".join(f"  {line}\n" for line in lines)


def checked(text: str, *, named: bool = True, supplied: Supplied = NOTHING_SUPPLIED) -> Report:
    """What validate finds in a file of this text."""
    return check_sources([Source("campaign.yaml", text, named)], NOW, supplied)


def only(text: str) -> Finding:
    """The one finding of a file of this text."""
    (finding,) = checked(text).findings
    return finding


def run_cli(*arguments: str, stdin: bytes = b"", cwd: Path | None = None) -> "subprocess.CompletedProcess[bytes]":
    """The program, as a user calls it, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "campaign_operator.cli", *arguments],
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
        cwd=cwd,
    )
