"""What an inventory rests on, or what some events break, as a page; start at `page.page`."""
