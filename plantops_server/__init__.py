"""The headless server: doors, movers, subjects, store. docs/system-design.md draws the house."""
