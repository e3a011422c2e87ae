"""The examples in the documents: a command that needs no cluster prints what stands below it, and what is shown of a
campaign is accepted.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from builders import campaign, finished, hook, in_history
from manifests import ROOT, checked

from campaign_operator.api.calling_hours_spec import HoursSpec
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import KIND
from campaign_operator.domain.status.announcement import announcement
from campaign_operator.validation.campaigns import API_VERSION
from campaign_operator.validation.policy_file import read_policy

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("charts/*/*.md")])

FILTERS = {"head", "sed", "tail"}
OURS = {"contacts", "preview", "validate"}

NOT_RUN_HERE = {
    "kubectl": "needs a cluster",
    "helm": "needs a cluster; tests/e2e/test_chart.py installs the chart",
    "kind": "needs a container engine",
    "docker": "needs a container engine",
    "make": "is a target of its own",
    "ln": "needs Krew",
    "curl": "needs the simulated dialer",
    "export": "is for the shell that the sandbox runs beside",
    ".venv/bin/campaign-sandbox": "starts a control plane; tests/e2e/test_demo.py runs it",
    ".venv/bin/campaign-operator run": "needs a cluster; tests/e2e runs it",
    "campaign-operator detach": "needs a cluster; tests/e2e/test_detach.py runs it",
}

OF_OTHERS = {
    "ExternalSecret": "of the External Secrets Operator",
    "Kustomization": "of Flux",
    "dependencies": "of a chart of yours",
    "podAnnotations": "a value of our chart; tests/e2e/test_chart.py sets it",
    "prometheusRule": "a value of our chart; tests/e2e/test_chart_monitoring.py sets it",
    "rule_files": "of Prometheus",
}
"""YAML that is not a campaign's, by its kind or its first name."""

_FENCE = re.compile(r"^( *)```(console|json|yaml)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A block of a document, or a command of one with what is shown of its output."""

    place: str
    text: str
    shown: str = ""


def blocks(language: str) -> Iterator[Example]:
    for document in DOCUMENTS:
        text = document.read_text()
        for found in _FENCE.finditer(text):
            if found[2] == language:
                line = text.count("\n", 0, found.start()) + 1
                yield Example(f"{document.relative_to(ROOT)}:{line}", dedent(found[3]))


def commands() -> Iterator[Example]:
    """In a block without a prompt every line is a command, and no output is shown."""
    for block in blocks("console"):
        prompted = re.findall(r"^\$ ((?:.*[\\|]\n)*.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE)
        for text, shown in prompted or [(line, "") for line in block.text.splitlines()]:
            yield Example(block.place, text, shown)


def programs(command: str) -> list[list[str]]:
    """What is called, each with its arguments."""
    called: list[list[str]] = [[]]
    lexer = shlex.shlex(command.replace("\\\n", " "), posix=True, punctuation_chars="|&;")
    lexer.whitespace_split = True
    for word in lexer:
        if set(word) <= set("|&;"):
            called.append([])
        else:
            called[-1].append(word)
    return called


def is_run_here(command: str) -> bool:
    called = programs(command)
    ours = [words for words in called if words[0] == "campaign-operator" and words[1] in OURS]
    return bool(ours) and all(words in ours or words[0] in FILTERS for words in called)


def reasons_against(command: str) -> set[str]:
    """The beginnings of commands that are not run here which this one has."""
    lines = [" ".join(words) + " " for words in programs(command)]
    return {beginning for beginning in NOT_RUN_HERE for line in lines if line.startswith(f"{beginning} ")}


@pytest.mark.parametrize(
    "example", [each for each in commands() if is_run_here(each.text)], ids=lambda example: example.place
)
def test_a_command_prints_what_the_document_shows(example: Example) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", example.text],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
        text=True,
    )
    assert done.stdout == example.shown


def test_every_other_command_is_one_that_cannot_be_run_here() -> None:
    others = [each for each in commands() if not is_run_here(each.text)]
    assert [f"{each.place}: {each.text}" for each in others if not reasons_against(each.text)] == []
    assert {reason for each in others for reason in reasons_against(each.text)} == set(NOT_RUN_HERE)


SPEC_NAMES = {field.alias or name for name, field in OutboundCampaignSpec.model_fields.items()}
SMALLEST = {
    "campaignID": "8f14e45f",
    "cron": "0 9 * * *",
    "connection": {"secretRef": {"name": "cxone"}},
    "contacts": [{"id": "c1", "timeZone": "Europe/London"}],
}


def manifest_of(shown: dict[str, Any]) -> dict[str, Any] | None:
    """The campaign that is shown, whole or in part; None if it is something else."""
    if shown.get("kind") == KIND:
        return shown
    if "kind" in shown or not SPEC_NAMES & set(shown):
        return None
    rest = {name: value for name, value in SMALLEST.items() if not (name == "contacts" and "contactsFrom" in shown)}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "shown"}, "spec": rest | shown}


CAMPAIGNS = [(block, manifest) for block in blocks("yaml") if (manifest := manifest_of(yaml.safe_load(block.text)))]


@pytest.mark.parametrize("manifest", [manifest for _, manifest in CAMPAIGNS], ids=[each.place for each, _ in CAMPAIGNS])
def test_what_is_shown_of_a_campaign_is_accepted(manifest: dict[str, Any]) -> None:
    report = checked(yaml.safe_dump(manifest))
    assert len(report.campaigns) == 1
    assert [str(finding) for finding in report.findings if finding.severity.value == "error"] == []


POLICIES = [block for block in blocks("yaml") if set(yaml.safe_load(block.text)) <= set(HoursSpec.model_fields)]


@pytest.mark.parametrize("block", POLICIES, ids=lambda block: block.place)
def test_a_policy_that_is_shown_can_be_used(block: Example) -> None:
    assert read_policy(block.text.encode(), file=block.place, name="shown").digest


def test_all_other_yaml_is_of_others() -> None:
    known = [*(each for each, _ in CAMPAIGNS), *POLICIES]
    others = [block for block in blocks("yaml") if block not in known]
    names = {block.place: yaml.safe_load(block.text) for block in others}
    assert {shown.get("kind") or next(iter(shown)) for shown in names.values()} == set(OF_OTHERS)


def form_of(value: object) -> object:
    """The names in it, in their order, and what each is."""
    return [(name, form_of(part)) for name, part in value.items()] if isinstance(value, dict) else type(value)


def test_the_body_of_a_webhook_has_the_form_that_is_shown() -> None:
    (shown,) = [json.loads(block.text) for block in blocks("json")]
    assert form_of(shown) == form_of(announcement(campaign(), in_history(finished()), hook()))
