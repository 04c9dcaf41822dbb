"""The evaluation of the care advisor: golden plants with what a good gardener would and would not say of them."""
