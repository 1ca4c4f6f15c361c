"""One module a row of the table: `TITLE`, and `measure(contestant classes, options)` which yields figures."""
