package mux

import "github.com/golang/protobuf/proto"

// ConnInfo is plugin.ConnInfo as go-plugin 1.6 has it. Debian's has no Knock yet.
type ConnInfo struct {
	ServiceID uint32 `protobuf:"varint,1,opt,name=service_id,proto3"`
	Network   string `protobuf:"bytes,2,opt,name=network,proto3"`
	Address   string `protobuf:"bytes,3,opt,name=address,proto3"`
	Knock     *Knock `protobuf:"bytes,4,opt,name=knock,proto3"`
}

func (m *ConnInfo) Reset()         { *m = ConnInfo{} }
func (m *ConnInfo) String() string { return proto.CompactTextString(m) }
func (*ConnInfo) ProtoMessage()    {}

// Knock is plugin.ConnInfo.Knock.
type Knock struct {
	Knock bool   `protobuf:"varint,1,opt,name=knock,proto3"`
	Ack   bool   `protobuf:"varint,2,opt,name=ack,proto3"`
	Error string `protobuf:"bytes,3,opt,name=error,proto3"`
}

func (m *Knock) Reset()         { *m = Knock{} }
func (m *Knock) String() string { return proto.CompactTextString(m) }
func (*Knock) ProtoMessage()    {}
