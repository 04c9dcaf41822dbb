"""What every door shares, of the API and of the web view: the open house, and the locks."""
