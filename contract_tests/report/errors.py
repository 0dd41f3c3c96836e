"""What can go wrong with a report, in one line for the person who asked for it."""

from __future__ import annotations


class ReportError(Exception):
    """A report cannot be made or read; the message is one line that names the file, and the member or the reason."""
