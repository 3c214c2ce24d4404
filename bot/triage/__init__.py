"""What class and category a report has, by a lexicon that a domain expert can read and change."""
