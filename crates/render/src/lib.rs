//! Findings for people: HTML, Markdown, text, CSV, XLSX and JUnit.
