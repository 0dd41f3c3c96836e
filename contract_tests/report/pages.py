"""The pages for people, made of a matrix: HTML without scripts and without anything from elsewhere."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from contract_tests.report.case_page import case_pages
from contract_tests.report.matrix import Matrix
from contract_tests.report.meaning import MEANINGS, NOT_RUN
from contract_tests.report.shown import shown

GENERATOR = "minimax-mock contract kit"  # by this a page is known as one that may be replaced
MATRIX_PAGE = "matrix.html"
CASES_FOLDER = "cases"


def pages(matrix: Matrix) -> dict[str, str]:
    """The text of every page, by its name in the folder of the report."""
    templates = _templates()
    texts = {MATRIX_PAGE: templates.get_template("matrix.html").render(matrix=matrix, to_root="")}
    case_template = templates.get_template("case.html")
    for page in case_pages(matrix):
        texts[f"{CASES_FOLDER}/{page.row.id}.html"] = case_template.render(page=page, matrix=matrix, to_root="../")
    return texts


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("contract_tests.report"), autoescape=True, undefined=StrictUndefined, finalize=_visible,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.globals |= {"meanings": list(MEANINGS.values()), "not_run": NOT_RUN, "generator": GENERATOR}
    environment.filters["grouped"] = lambda number: f"{number:,}"
    return environment


def _visible(value: Any) -> Any:
    """Every text that a template puts out passes here, before it is escaped."""
    return shown(value) if type(value) is str else value
