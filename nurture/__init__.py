"""nurture: email marketing and lead nurturing from a folder."""
