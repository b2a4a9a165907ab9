"""What a notebook calls: train, measure, draw, tell. Imports `table` and the lesson."""
