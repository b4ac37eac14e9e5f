-- One file into the results, with the prices of its day. In place of what is there of it: done
-- twice it is as if it was done once.
begin;
create temporary table incoming (ad int primary key, clicks int not null) on commit drop;
\copy incoming from pstdin with (format csv, header)
delete from results where campaign = :'campaign' and day = :'day';
insert into results (campaign, day, ad, clicks, cost)
select :'campaign', :'day', ad, clicks, clicks * price
from incoming join prices using (ad) where prices.day = :'day';
commit;
