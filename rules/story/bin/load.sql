-- The file of :campaign and :day into the results, with the prices of its day. In place of what is
-- there of it: done twice it is as if it was done once.
begin;
create temporary table incoming (ad int primary key, clicks int not null) on commit drop;
\set copy '\\copy incoming from landing/' :day '/' :campaign '.csv with (format csv, header)'
:copy
delete from results where campaign = :'campaign' and day = :'day';
insert into results (campaign, day, ad, clicks, cost)
select :'campaign', :'day', ad, clicks, clicks * price
from incoming join prices using (ad) where prices.day = :'day';
commit;
\echo :campaign :day
