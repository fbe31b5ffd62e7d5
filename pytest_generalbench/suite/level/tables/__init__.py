"""Tables of scores: specialists, published models, the authors' workbook, CSV."""
