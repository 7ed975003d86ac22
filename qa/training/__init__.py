"""Questions with marked answers -> a reader: `python -m qa.training`. Serving needs none of it."""
