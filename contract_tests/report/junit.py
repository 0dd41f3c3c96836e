"""junit.xml, as CI servers read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from contract_tests.outcome import Outcome
from contract_tests.report.meaning import MEANINGS, fails, section_of
from contract_tests.report.shown import one_line, shown

_TEXT_LIMIT = 4_000
_SKIPPED = (Outcome.NOT_APPLICABLE, Outcome.NOT_OBSERVABLE, Outcome.XFAIL)
_ERRORS = (Outcome.ERROR, Outcome.STALE)


def junit_text(results: Mapping[str, Any]) -> str:
    """One test case for each case, its class named after its section, in one suite for the subject."""
    suite = ElementTree.Element("testsuite")
    suite.append(_properties({
        "plug": results["subject"]["plug"], "level": results["subject"]["level"], "required": results["required"],
        "kit": f"{results['kit']['name']} {results['kit']['version']}",
    }))  # fmt: skip
    for case in results["cases"]:
        suite.append(_test_case(case, results))
    totals = {
        "tests": str(len(results["cases"])),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": str(len(suite.findall("testcase/error"))),
        "skipped": str(len(suite.findall("testcase/skipped"))),
        "time": f"{results['seconds']:.3f}",
    }
    name = one_line(f"{results['suite']}: {results['subject']['name']}")
    suite.attrib |= {"name": name, "timestamp": results["started"].removesuffix("Z"), **totals}
    root = ElementTree.Element("testsuites", {"name": "minimax-mock contract tests", **totals})
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _test_case(case: Mapping[str, Any], results: Mapping[str, Any]) -> ElementTree.Element:
    outcome = Outcome(case["outcome"])
    element = ElementTree.Element("testcase", {
        "classname": f"contract.{results['suite']}.{section_of(case['id'])}",
        "name": one_line(f"{case['id']} {case['title']}"), "time": f"{case['seconds']:.3f}",
    })  # fmt: skip
    element.append(_properties({"id": case["id"], "level": case["level"], "outcome": outcome.value}))
    message = one_line(case["reason"] or MEANINGS[outcome].words)
    broken = fails(outcome, results["required"])
    if broken or outcome in _ERRORS:
        kinds = {Outcome.FAIL: "MUST broken", Outcome.NON_STRICT: "SHOULD broken"}
        attributes = {"message": message, "type": kinds.get(outcome, outcome.value)}
        element.append(_explained("failure" if broken else "error", attributes, case, results["suite"]))
    elif outcome in _SKIPPED:
        ElementTree.SubElement(element, "skipped", {"message": f"{outcome.value}: {message}"})
    elif case["reason"]:
        ElementTree.SubElement(element, "system-out").text = f"{outcome.value}: {message}"
    return element


def _properties(values: Mapping[str, Any]) -> ElementTree.Element:
    element = ElementTree.Element("properties")
    for name, value in values.items():
        ElementTree.SubElement(element, "property", {"name": name, "value": one_line(str(value))})
    return element


def _explained(tag: str, attributes: dict[str, str], case: Mapping[str, Any], suite: str) -> ElementTree.Element:
    element = ElementTree.Element(tag, attributes)
    broken = [check for check in case["checks"] if check["outcome"] == "broken"]
    lines = [
        f"Why it matters: {case['why']}",
        f"In this case the other side: {case['server']}",
        f"A correct {suite}: {case['obligation']}",
        *(f"{check['id']}: expected {check['expected']}; found {check['actual']}" for check in broken),
    ]
    element.text = shown("\n".join(lines))[:_TEXT_LIMIT]
    return element
