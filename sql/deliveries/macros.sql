-- What do the texts of a source mean? Each macro answers for one value; null where it means nothing.

-- A number as programs write it. 1_000 is a name to people, though a number to DuckDB.
create macro plain_number(t) as case when not contains(t, '_') then try_cast(t as double) end;

create macro plain_integer(t) as
  case when not (contains(t, '.') or contains(t, 'e') or contains(t, 'E') or contains(t, '_')) then try_cast(t as bigint) end;

-- A number as people write it. `mark` is the column's decimal mark, '' where it is not known: then only what can mean one thing is a number.
create macro grouped_number(t, mark) as try_cast(
  case
    when regexp_full_match(t, '[+-]?\d{1,3}([ \x{00a0}\x{2009}\x{202f}''’]\d{3})+([.,]\d+)?')
      then replace(regexp_replace(t, '[ \x{00a0}\x{2009}\x{202f}''’]', '', 'g'), ',', '.')
    when mark <> ',' and regexp_full_match(t, '[+-]?\d{1,3}(,\d{3})+\.\d+') then replace(t, ',', '')
    when mark <> '.' and regexp_full_match(t, '[+-]?\d{1,3}(\.\d{3})+,\d+') then replace(replace(t, '.', ''), ',', '.')
    when mark <> ',' and regexp_full_match(t, '[+-]?[1-9]\d{0,2}(,\d{3}){2,}') then replace(t, ',', '')
    when mark <> '.' and regexp_full_match(t, '[+-]?[1-9]\d{0,2}(\.\d{3}){2,}') then replace(t, '.', '')
    when mark = '.' and regexp_full_match(t, '[+-]?[1-9]\d{0,2},\d{3}') then replace(t, ',', '')
    when mark = ',' and regexp_full_match(t, '[+-]?[1-9]\d{0,2}\.\d{3}') then replace(t, '.', '')
    when mark = ',' and regexp_full_match(t, '[+-]?\d*,\d+') then replace(t, ',', '.')
    when mark = '' and regexp_full_match(t, '[+-]?(\d*,(\d{1,2}|\d{4,})|0?,\d+|\d{4,},\d+)') then replace(t, ',', '.')
  end as double);

-- 1,234: a thousand and more, or one and a bit?
create macro is_ambiguous_number(t, mark) as mark = '' and regexp_full_match(t, '[+-]?[1-9]\d{0,2},\d{3}');

create macro number_of(t, mark) as
  case
    -- in a column with decimal commas 1.234 is more than a thousand
    when mark = ',' and contains(t, '.') then coalesce(grouped_number(trim(t), mark), plain_number(t))
    else coalesce(plain_number(t), grouped_number(trim(t), mark))
  end;

-- A wall-clock time of a zone as an instant: the later one where it occurs twice; null where the zone skips it.
create macro instant_in_zone(wall, zone) as case when timezone(zone, timezone(zone, wall)) = wall then timezone(zone, wall) end;

-- A wall-clock time of UTC as an instant: a cast would ask the calendar for every value.
create macro utc_instant(wall) as make_timestamptz(epoch_us(wall));

-- A time without an offset costs a third of what reading it as `timestamptz` does, but `timestamp` drops offsets without a word: so look for
-- one first. After the two hyphens of the date a third is that of an offset.
create macro iso_instant(t, zone) as
  case
    when contains(t, '+') or t like '%-%-%-%' then try_cast(trim(t) as timestamptz)
    when zone = 'UTC' then coalesce(utc_instant(try_cast(t as timestamp)), try_cast(trim(t) as timestamptz))
    when regexp_matches(t, '[A-Za-z]\s*$') then try_cast(trim(t) as timestamptz)
    else instant_in_zone(try_cast(trim(t) as timestamp), zone)
  end;

-- Instants that timestamps in nanoseconds (Arrow, pandas) can hold in whole years.
create macro is_time_in_range(instant) as
  instant >= timestamptz '1678-01-01 00:00:00+00' and instant < timestamptz '2262-01-01 00:00:00+00';

-- A text without the spaces around it, null where nothing is left. Most texts have none: looking costs a third of trimming. What is at most
-- '!' begins with a space, a tab or another control character.
create macro trimmed_text(t) as
  case when t <= '!' or ends_with(t, ' ') or ends_with(t, chr(9)) then nullif(trim(t, ' ' || chr(9)), '') else t end;

-- Hours and days are counted from 200,000 days before 1970, where no count is negative: date_trunc asks the calendar for every value.
create macro hour_number(instant) as (epoch_us(instant) + 17280000000000000) // 3600000000;
create macro hour_start(number) as make_timestamptz(number * 3600000000 - 17280000000000000);
create macro day_number(instant) as (epoch_us(instant) + 17280000000000000) // 86400000000;
create macro day_start(number) as make_timestamptz(number * 86400000000 - 17280000000000000);
create macro quarter_of(instant) as year(instant) || '-Q' || quarter(instant);
