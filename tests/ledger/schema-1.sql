PRAGMA application_id = 1417101685;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE event (
    number  INTEGER PRIMARY KEY,  -- 1, 2, 3 ... without a gap, in the order of what happened
    at      INTEGER NOT NULL,     -- nanoseconds since 1970-01-01 00:00 UTC
    room    TEXT    NOT NULL,
    auction INTEGER NOT NULL,     -- 1, 2, 3 ... in the order in which they began
    kind    TEXT    NOT NULL,     -- the name of the event
    body    TEXT    NOT NULL,     -- its fields, as a JSON object
    hash    TEXT    NOT NULL      -- SHA-256, in hexadecimal, of the row before and this one
) STRICT;
INSERT INTO "event" VALUES(1,1800000000000000000,'main',1,'Arrived','{"who":0,"address":"127.0.0.1:50001","deadline":1800000300000000000,"ticket":"737ce60fccf9da889f4605c0a20479b502eb8ed97e7bf3b5db1295ccd350b1bb"}','4e35ef1323bbb9b5b100272f7cf63da1c3c1d5a284df3801e0ab95969311a327');
INSERT INTO "event" VALUES(2,1800000000000000000,'main',1,'RequestAccepted','{"request":"2 100 3 Größe №5"}','d699d84facbf37e08b721fdbdbac03de5eb6554c7af892559efe5892074bc71c');
INSERT INTO "event" VALUES(3,1800000000000000000,'main',1,'Arrived','{"who":1,"address":"127.0.0.1:50002","deadline":null,"ticket":"7c1696c142c892af006091282434503b7df22d4527c40064d22003f1cea2cb8b"}','b1e91eda9d07bd5bcf465f530dc723fb5b91155c6b2c71a221242d9e28da741c');
INSERT INTO "event" VALUES(4,1800000000000000000,'main',1,'Arrived','{"who":2,"address":"127.0.0.1:50003","deadline":null,"ticket":"e2dee88df5463dc7b5408011bacbb1f3d89fa7ac2e1065857393eddff8d60094"}','9472e1808e5ae8eefd7b70dba787d108bc676c4dc8d7f9fc0f9aaf744ca79a9f');
INSERT INTO "event" VALUES(5,1800000000000000000,'main',1,'Arrived','{"who":3,"address":"127.0.0.1:50004","deadline":null,"ticket":"f7ff995951d4920ad9e322c26aae2cf8a71970b198b6b1e99bc16e4d85715c65"}','9a0fabfa8df66c1967ac872a3c0e541991eb9aa634bf46fceb96354c8ac46a28');
INSERT INTO "event" VALUES(6,1800000000000000000,'main',1,'BiddingOpened','{"deadline":1800000300000000000}','732dabdda39936f077d430c425a129b39af1fed08e24c198fa1bc6609d0ce93e');
INSERT INTO "event" VALUES(7,1800000000000000000,'hall',2,'Arrived','{"who":0,"address":"127.0.0.1:50005","deadline":1800000300000000000,"ticket":"da5190b28778cfb776cc8406a755691c70d479b824f81f5ea89e0b0ef86d9aa4"}','aa30d97667b19129fb71e4d42888ced20030b880406305f493280ec6511df737');
INSERT INTO "event" VALUES(8,1800000000000000000,'hall',2,'RequestAccepted','{"request":"english:duration=20 50 1 Round Shield"}','f862231dd03d3ffa5f748f359de5eb883bb89cfed6a941670b5dbacc4ba08bc5');
INSERT INTO "event" VALUES(9,1800000000000000000,'hall',2,'Arrived','{"who":1,"address":"127.0.0.1:50006","deadline":null,"ticket":"8c97a7c10f19f90aa9478d6e8f95e28a11b9887ef4290f8196c83cf72fda2162"}','266d817ff2271ccca653ebc2a7065417a9f43eccb77a7aba00b3b6deecfaf8d5');
INSERT INTO "event" VALUES(10,1800000000000000000,'hall',2,'BiddingOpened','{"deadline":1800000020000000000}','bc93825086b3f7a56f8662a0a93538d5d6ed0780438d32cb9f36e1d0eb36bc92');
INSERT INTO "event" VALUES(11,1800000000000000000,'hall',2,'Raised','{"who":1,"amount":60,"outbid":null}','763b8586844001297516327a428e5c4bf4e213595bebde056495a87df034f35a');
INSERT INTO "event" VALUES(12,1800000001000000000,'main',1,'BidTaken','{"who":1,"amount":150}','2f87a993236e3304b7b64bf9c6fdd8747ceae3f97ed741dec1de28bc5ae63aca');
INSERT INTO "event" VALUES(13,1800000002000000000,'main',1,'BidTaken','{"who":2,"amount":120}','e5130f499afadfa0b8d44a21ba135c94d663cf69eea33a79a267e963943d384e');
INSERT INTO "event" VALUES(14,1800000003000000000,'main',1,'BidTaken','{"who":3,"amount":180}','39a3b9f091c622dbed6a10e007ae6cd10081a6f6d2961985e201d69b5782d8e4');
INSERT INTO "event" VALUES(15,1800000003000000000,'main',1,'Sold','{"winner":3,"highest_bid":180,"payment":150,"dues":[]}','e50b0a0fae5b002647b149b6791050f2b6e8d136e6f41c57220a1396b5f02056');
INSERT INTO "event" VALUES(16,1800000014000000000,'hall',2,'Called','{"times":1}','0cfb3bb0e9f2a91ab14ac9bb10d06dfe0090b4df7970657dc860f983ae3dd209');
INSERT INTO "event" VALUES(17,1800000017000000000,'hall',2,'Called','{"times":2}','320a2108de3b068e58c5eda8f6cc9775f1e175452ad50d407297f30545c7bbd1');
INSERT INTO "event" VALUES(18,1800000020000000000,'hall',2,'Sold','{"winner":1,"highest_bid":60,"payment":60,"dues":[]}','db2fee00dbd09e0e41dab3c25124d0d2ef89c13c87165a9085fe62a0cc221a01');
INSERT INTO "event" VALUES(19,1800000023000000000,'main',3,'Arrived','{"who":0,"address":"127.0.0.1:50007","deadline":1800000323000000000,"ticket":null}','a5cf70bc851a332befec1fbcb771dc019276bbae9ad44878b1c4eba7ec614086');
INSERT INTO "event" VALUES(20,1800000023000000000,'main',3,'Left','{"who":0,"silent_for":null}','88922e1b398e20d6d183d6aa60caa1a772986647e1e0f4bcd506c4d19694b5b9');
INSERT INTO "event" VALUES(21,1800000023000000000,'main',3,'Cancelled','{"reason":"The Seller has left."}','d0741ca5af3757dde7ff11312465c1382fd256ab8b6866d0a42c058d36dacbde');
INSERT INTO "event" VALUES(22,1800000023000000000,'art',4,'Arrived','{"who":0,"address":"127.0.0.1:50008","deadline":1800000323000000000,"ticket":"2b4e48307bdc8f049b32b7fd9f5feea54d8c65b3a30142144f10529336a164e1"}','2f79a215242a80f7fe0125679866afea1cb60c3836070f4f05244ad11d3bd2a4');
INSERT INTO "event" VALUES(23,1800000023000000000,'art',4,'RequestAccepted','{"request":"1 20 2 Helmet"}','8e98fd36d5261fd6b3e5cb7d4f07fc688c2f68794536289a4707910047240554');
INSERT INTO "event" VALUES(24,1800000023000000000,'art',4,'Arrived','{"who":1,"address":"127.0.0.1:50009","deadline":null,"ticket":"e0c9bc4bda454ebe8b4169789a23b1befbf2b51b6c843c0bddc7433afb2a3c90"}','ff5c5cc1a857349bd1ec1333228df62ad6fa302380e3dda34cbde095acce3768');
INSERT INTO "event" VALUES(25,1800000023000000000,'art',4,'Arrived','{"who":2,"address":"127.0.0.1:50010","deadline":null,"ticket":"b17947bef23e838da3b7ed309a00e4e626b198bbd58cc251c7e44df62163e793"}','cff900451dd27bf1ee830e602dfc403a4d9c36f7ccedcdc2700adbf7cf1ccbf6');
INSERT INTO "event" VALUES(26,1800000023000000000,'art',4,'BiddingOpened','{"deadline":1800000323000000000}','033dd9c4855ff67910b390b216b6480c534d6d1516445349ca67f1ed33c5858c');
INSERT INTO "event" VALUES(27,1800000024000000000,'art',4,'BidTaken','{"who":2,"amount":25}','8296b8c533949b1139eaf36cc3478878ecdf979b329735f2f04ce87a270fdb69');
INSERT INTO "event" VALUES(28,1800000124000000000,'art',4,'Reopened','{"deadline":1800000423000000000}','4c9c61ca111c73f2a5c3c96952a3e1078d78f615735f846a5489a855dea67ae6');
INSERT INTO "event" VALUES(29,1800000125000000000,'main',5,'LotAnnounced','{"lot":1,"lots":2,"request":"1 100 1 Hat","opens_at":1800000130000000000}','3c4c503f0da85875dea9a6ddb39554e6285e179f8b3c61d6fd1afa0d247166b8');
INSERT INTO "event" VALUES(30,1800000125000000000,'main',5,'Arrived','{"who":1,"address":"127.0.0.1:50001","deadline":null,"ticket":null}','c0c3b7bea3efe4d82bfef60f3cf80c0ee96e4ec29b7e162da78518ac58e88b1e');
INSERT INTO "event" VALUES(31,1800000130000000000,'main',5,'BiddingOpened','{"deadline":1800000430000000000}','e8379fdf6834ce222d3e0a22da74f7439ed3d6a024aeb22ca26c6bc62b0c44b6');
INSERT INTO "event" VALUES(32,1800000131000000000,'main',5,'BidTaken','{"who":1,"amount":120}','62b87888f2fde749ed497e4dfdafdb0e9ba7bf6fb2605ad88cb35fe275f0a32b');
INSERT INTO "event" VALUES(33,1800000131000000000,'main',5,'Sold','{"winner":1,"highest_bid":120,"payment":120,"dues":[]}','0cd3acfda1fa9278022b3c8767f5db92b3e3074a708fe9a5a783d2c4b9a9876a');
INSERT INTO "event" VALUES(34,1800000131000000000,'main',5,'LotAnnounced','{"lot":2,"lots":2,"request":"2 100 1 Cap","opens_at":1800000136000000000}','a2598dc4e0dc71dd8c5408ce30589a087c5bc6772e6e5d1f26640f47de38c0e3');
INSERT INTO "event" VALUES(35,1800000136000000000,'main',5,'BiddingOpened','{"deadline":1800000436000000000}','62b7cc1fe75cbffd8d1aca59f381f81f79db61c0c8cd9741e3d085118b319fa0');
INSERT INTO "event" VALUES(36,1800000137000000000,'main',5,'BidTaken','{"who":1,"amount":130}','6014f81a769de5e182b092131f3477bee9fc1c344477b8fcedfa2410f33cf229');
INSERT INTO "event" VALUES(37,1800000137000000000,'main',5,'Sold','{"winner":1,"highest_bid":130,"payment":100,"dues":[]}','fda1af1105ccc73ccd3a4ce229fb4832f3c61189c6fd778582d80b29ec3799a0');
COMMIT;
