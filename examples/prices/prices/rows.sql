INSERT INTO prices (isin, market, price) VALUES
    ('DE0007164600', 'XETR', 211.35),
    ('US0378331005', 'XNAS', 268.47),
    ('NL0010273215', 'XAMS', 874.10);
