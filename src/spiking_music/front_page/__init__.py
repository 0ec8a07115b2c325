"""Results → one page that shows them: tables, figures, claims, sounds."""
