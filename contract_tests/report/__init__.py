"""Reports: results.json, pages for people, JUnit, summary and annotations."""
