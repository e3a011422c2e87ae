"""A report for people: one line for each finding, and one that counts."""

from collections.abc import Sequence

from campaign_operator.validation.findings import Finding, Severity
from campaign_operator.validation.report import Report
from campaign_operator.wording import counted, printable

MAX_SHOWN = 200
"""Findings printed; the JSON of `validate` has them all."""

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33"}


def report_text(report: Report, *, colours: bool) -> str:
    """Every finding, and a line that counts."""
    counts = [
        counted(len(report.campaigns), "campaign"),
        counted(report.errors, "error"),
        counted(report.warnings, "warning"),
    ]
    if report.passed_over:
        counts.append(f"{counted(report.passed_over, 'document')} of other kinds skipped")
    return f"{findings_text(report.findings, colours=colours)}{', '.join(counts)}\n"


def findings_text(findings: Sequence[Finding], *, colours: bool) -> str:
    """`file:line: error: field: message`, as editors and CI systems read it; the first 200."""
    lines = [_line(finding, colours=colours) for finding in findings[:MAX_SHOWN]]
    if len(findings) > MAX_SHOWN:
        lines.append(f"and {len(findings) - MAX_SHOWN} more; `validate -o json` has them all")
    return "".join(f"{line}\n" for line in lines)


def _line(finding: Finding, *, colours: bool) -> str:
    severity = finding.severity.value
    if colours:
        severity = f"\x1b[{_COLOURS[finding.severity]}m{severity}\x1b[0m"
    field = f"{finding.field}: " if finding.field else ""
    # a file, a key or a column may be named by a stranger
    return f"{printable(finding.file)}:{finding.line}: {severity}: {printable(field + finding.message)}"
