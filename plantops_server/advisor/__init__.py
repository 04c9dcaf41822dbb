"""The care advisor: what it may know of a plant, what it answers, and the code that checks the answer."""
