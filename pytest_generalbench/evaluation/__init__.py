"""Evaluation of one task in any process: load the data, run the model, judge, score."""
