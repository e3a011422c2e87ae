"""The JSON that `validate -o json` prints, described by docs/validate.schema.json."""

from pydantic import Field

from campaign_operator.validation.findings import Severity
from campaign_operator.validation.report import Report
from campaign_operator.validation.wire_model import WireModel


class FindingWire(WireModel):
    """One thing that is not right."""

    file: str = Field(description="The file as it was named; <stdin> for standard input.")
    line: int = Field(ge=1, description="Line of the field, or of what it is missing in.")
    field: str = Field(description="Path of the field; empty where it is about the document. Example: spec.cron.")
    severity: Severity = Field(description="error: it would be refused; warning: it is allowed, and surely not meant.")
    message: str = Field(description="What is wrong, why, and how to put it right.")
    count: int = Field(ge=1, description="Errors that it stands for: the rows of a list that have it.")


class ReportWire(WireModel):
    """What `validate` found."""

    files: int = Field(ge=0, description="Files that were read.")
    documents: int = Field(ge=0, description="Documents in them that are not empty.")
    campaigns: int = Field(ge=0, description="Campaigns among them.")
    passed_over: int = Field(ge=0, description="Documents of other kinds that hold no list or calendar of a campaign.")
    errors: int = Field(
        ge=0,
        description="Errors, those of the rows of lists counted. The exit status is 0 where there is none, else 1.",
    )
    warnings: int = Field(ge=0, description="Warnings.")
    findings: tuple[FindingWire, ...] = Field(description="By file as given, then by line.")


def report_json(report: Report) -> str:
    """The report as JSON."""
    return ReportWire(
        files=report.files,
        documents=report.documents,
        campaigns=len(report.campaigns),
        passed_over=report.passed_over,
        errors=report.errors,
        warnings=report.warnings,
        findings=tuple(
            FindingWire(file=f.file, line=f.line, field=f.field, severity=f.severity, message=f.message, count=f.count)
            for f in report.findings
        ),
    ).to_json()
