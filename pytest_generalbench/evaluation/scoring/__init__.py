"""Scoring: from ledger records to a result, with metrics, judges, human ratings and pretrained networks."""
