-- The books, read.

CREATE VIEW ledger.postings AS
SELECT e.id, e.tenant_id, j.id AS journal_id, j.period_id, j.booked_on, j.memo, a.id AS account_id, a.code, a.kind,
    e.debit, e.credit, ledger.signed(a.kind, e.debit, e.credit) AS amount
FROM ledger.entries AS e
    JOIN ledger.journals AS j ON j.id = e.journal_id
    JOIN ledger.accounts AS a ON a.id = e.account_id;

CREATE VIEW ledger.trial_balance AS
SELECT tenant_id, code, kind, sum(debit) AS debit, sum(credit) AS credit, sum(amount) AS balance
FROM ledger.postings GROUP BY tenant_id, code, kind;

CREATE VIEW ledger.income_statement AS
SELECT tenant_id, billing.month_of(booked_on) AS month,
    sum(amount) FILTER (WHERE kind = 'income') AS income,
    sum(amount) FILTER (WHERE kind = 'expense') AS expense
FROM ledger.postings WHERE kind IN ('income', 'expense')
GROUP BY tenant_id, billing.month_of(booked_on);

CREATE VIEW ledger.balance_sheet AS
SELECT tenant_id, kind, sum(balance) AS balance
FROM ledger.trial_balance WHERE kind IN ('asset', 'liability', 'equity') GROUP BY tenant_id, kind;

CREATE VIEW ledger.account_activity AS
SELECT p.*, sum(p.amount) OVER (PARTITION BY p.account_id ORDER BY p.booked_on, p.id) AS running_balance
FROM ledger.postings AS p;

CREATE VIEW ledger.open_periods AS
SELECT p.id, p.tenant_id, p.first_day, p.last_day, count(j.id) AS journals
FROM ledger.periods AS p LEFT JOIN ledger.journals AS j ON j.period_id = p.id
WHERE p.closed_at IS NULL GROUP BY p.id;

CREATE VIEW ledger.unbalanced AS
SELECT journal_id, sum(debit) - sum(credit) AS difference
FROM ledger.entries GROUP BY journal_id HAVING sum(debit) <> sum(credit);
