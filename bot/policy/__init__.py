"""What is done about a finding: cases, answers, budgets, decisions."""
