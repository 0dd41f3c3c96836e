"""Reports: results.json, pages for people, JUnit, summary and annotations."""

from contract_tests.report.errors import ReportError
from contract_tests.report.github import workflow_commands as annotations
from contract_tests.report.redaction import redacted
from contract_tests.report.writing import write_matrix, write_report

__all__ = ["ReportError", "annotations", "redacted", "write_matrix", "write_report"]
