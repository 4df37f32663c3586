-- The log of one search. Rows are only ever added; `sessions` alone is brought up to date.

-- What the search is: problem, size, policy, proposer, seed, window, versions. Values are JSON.
CREATE TABLE IF NOT EXISTS header (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Every reply of a model, kept as soon as it has arrived. `seed` is that of the proposal's ticket.
CREATE TABLE IF NOT EXISTS calls (
    seed INTEGER NOT NULL, step INTEGER NOT NULL, model TEXT NOT NULL, prompt TEXT NOT NULL,
    reply TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
    dollars REAL NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (seed, step)
);

-- Every proposal, kept as soon as it has been made. `ticket` counts them in the order of selection;
-- randomness of selection and proposal is a function of the run's seed and the ticket alone.
CREATE TABLE IF NOT EXISTS proposals (
    ticket INTEGER PRIMARY KEY, seed INTEGER NOT NULL, parents TEXT NOT NULL, operator TEXT NOT NULL,
    model TEXT NOT NULL, program TEXT, files TEXT, entry TEXT, concepts TEXT, message TEXT NOT NULL,
    transcript TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
    dollars REAL NOT NULL, seconds REAL NOT NULL
);

-- Every evaluation by the digest of its program, kept as soon as it has ended.
-- `score` is the whole double; larger is better.
CREATE TABLE IF NOT EXISTS evaluations (
    program TEXT PRIMARY KEY, outcome TEXT NOT NULL, score REAL, exact TEXT NOT NULL, data TEXT,
    message TEXT NOT NULL, cpu_seconds REAL NOT NULL
);

-- Tickets in order, once everything about them and those before them is known. `member` is set for
-- a program that entered the archive, `repeats` for one that is a member already; neither for a
-- proposal without a program. `elapsed`: seconds of search up to here.
CREATE TABLE IF NOT EXISTS commits (
    ticket INTEGER PRIMARY KEY, member INTEGER UNIQUE, repeats INTEGER, concepts TEXT NOT NULL,
    elapsed REAL NOT NULL
);

-- The concept tree in the order of discovery; the root, 0, is not stored.
CREATE TABLE IF NOT EXISTS concepts (
    id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
    ticket INTEGER NOT NULL
);

-- One row for each time the search was started or resumed.
CREATE TABLE IF NOT EXISTS sessions (
    id INTEGER PRIMARY KEY, first_ticket INTEGER NOT NULL, started TEXT NOT NULL,
    seconds REAL NOT NULL, reason TEXT NOT NULL, notices TEXT NOT NULL
);
