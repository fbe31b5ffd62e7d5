"""From ledger records to a result: metrics, judges, people's ratings, pretrained networks."""
