"""Measurements of the bars that the product promises; ``python -m bench`` runs them all against a private stack."""
