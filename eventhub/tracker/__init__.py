"""What everybody can read and take away of commitments: files, feeds, scorecards; and many at once brought in."""
