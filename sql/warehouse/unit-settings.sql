-- For the transaction that makes a day's facts: the planner cannot know how many rows come out of window functions, takes them for few and joins row by row,
-- which took two thirds of the time (measured, 28,000 readings); a day's sort stays in memory; and nothing is compiled, because before version 18 a plan
-- with a join that is switched off has a cost that asks for it.
set local enable_nestloop = off;
set local work_mem = '64MB';
set local jit = off;
