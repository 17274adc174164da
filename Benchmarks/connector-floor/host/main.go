// The host's side of the measurement, in Go: host CONNECTOR MESSAGES
//
// Sends messages of 1 KB from 256 goroutines over one stream, takes as many, and sends one after the other by calls of
// Send and over the stream. Prints the line of JSON that ProcessBenchmark prints, with `call_p50_us` besides.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/ioutil"
	"os"
	"os/exec"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	hclog "github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

const (
	service    = "/ropewalk.connector.v1.Connector/"
	senders    = 256
	roundTrips = 5000
	batch      = 512
)

var payload = bytes.Repeat([]byte("a"), 1024)

type client struct {
	plugin.NetRPCUnsupportedPlugin
}

func (client) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }
func (client) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (interface{}, error) {
	return conn, nil
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func message() *wire.Message { return &wire.Message{Id: "0", Payload: payload} }

// stream is one Exchange. Frames go out as soon as the write before has returned.
type stream struct {
	grpc.ClientStream
	mutex   sync.Mutex
	wake    *sync.Cond
	queue   []chan struct{}
	answers map[uint64]chan struct{}
	next    uint64
	credit  uint32
}

func open(conn *grpc.ClientConn, first *wire.Open) *stream {
	description := &grpc.StreamDesc{StreamName: "Exchange", ServerStreams: true, ClientStreams: true}
	raw, err := conn.NewStream(context.Background(), description, service+"Exchange")
	must(err)
	s := &stream{ClientStream: raw, answers: map[uint64]chan struct{}{}}
	s.wake = sync.NewCond(&s.mutex)
	first.ConnectionId, first.MaxInlinePayload, first.MaxPayload = "one", 1<<20, 64<<20
	must(s.SendMsg(&wire.HostFrame{Frame: &wire.HostFrame_Open{Open: first}}))
	return s
}

func (s *stream) write() {
	for {
		s.mutex.Lock()
		for len(s.queue) == 0 || s.credit == 0 {
			s.wake.Wait()
		}
		count := len(s.queue)
		if count > int(s.credit) {
			count = int(s.credit)
		}
		if count > batch {
			count = batch
		}
		messages := make([]*wire.OutgoingMessage, count)
		for i := range messages {
			s.next++
			s.answers[s.next] = s.queue[i]
			messages[i] = &wire.OutgoingMessage{Sequence: s.next, Message: message()}
		}
		s.queue = s.queue[count:]
		s.credit -= uint32(count)
		s.mutex.Unlock()
		must(s.SendMsg(&wire.HostFrame{Frame: &wire.HostFrame_Send{Send: &wire.OutgoingBatch{Messages: messages}}}))
	}
}

func (s *stream) read() {
	for {
		frame := &wire.ConnectorFrame{}
		if s.RecvMsg(frame) != nil {
			return
		}
		s.mutex.Lock()
		if opened := frame.GetOpened(); opened != nil {
			s.credit += opened.GetCredit().GetMessages()
		}
		s.credit += frame.GetCredit().GetMessages()
		for _, outcome := range frame.GetOutcomes().GetOutcomes() {
			close(s.answers[outcome.Sequence])
			delete(s.answers, outcome.Sequence)
		}
		s.wake.Signal()
		s.mutex.Unlock()
	}
}

func (s *stream) send() {
	answer := make(chan struct{})
	s.mutex.Lock()
	s.queue = append(s.queue, answer)
	s.wake.Signal()
	s.mutex.Unlock()
	<-answer
}

func (s *stream) sendMany(count int) {
	var group sync.WaitGroup
	for i := 0; i < senders; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < count/senders; j++ {
				s.send()
			}
		}()
	}
	group.Wait()
}

// receive takes messages and answers each batch with its receipts and credit.
func receive(conn *grpc.ClientConn, count int) {
	s := open(conn, &wire.Open{Receive: true, Credit: &wire.Credit{Messages: 1024, Bytes: 16 << 20}})
	for taken := 0; taken < count; {
		frame := &wire.ConnectorFrame{}
		must(s.RecvMsg(frame))
		messages := frame.GetReceived().GetMessages()
		if len(messages) == 0 {
			continue
		}
		receipts := make([]*wire.Receipt, len(messages))
		size := 0
		for i, m := range messages {
			size += len(m.GetMessage().GetPayload())
			receipts[i] = &wire.Receipt{Sequence: m.Sequence, Outcome: wire.Receipt_ACCEPTED}
		}
		taken += len(messages)
		must(s.SendMsg(&wire.HostFrame{Frame: &wire.HostFrame_Receipts{Receipts: &wire.ReceiptBatch{Receipts: receipts}}}))
		must(s.SendMsg(&wire.HostFrame{Frame: &wire.HostFrame_Credit{Credit: &wire.Credit{Messages: uint32(len(messages)), Bytes: uint64(size)}}}))
	}
	must(s.SendMsg(&wire.HostFrame{Frame: &wire.HostFrame_Finish{Finish: &wire.Finish{}}}))
}

func percentiles(once func()) (float64, float64) {
	times := make([]float64, roundTrips)
	for i := range times {
		start := time.Now()
		once()
		times[i] = float64(time.Since(start).Nanoseconds()) / 1000
	}
	sort.Float64s(times)
	return times[roundTrips/2], times[roundTrips*99/100]
}

func rate(count int, work func()) float64 {
	start := time.Now()
	work()
	return float64(count) / time.Since(start).Seconds()
}

func memory(pid int) float64 {
	text, _ := ioutil.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmRSS:" {
			kilobytes, _ := strconv.ParseFloat(fields[1], 64)
			return kilobytes / 1024
		}
	}
	return 0
}

func main() {
	count, err := strconv.Atoi(os.Args[2])
	must(err)
	command := exec.Command(os.Args[1])
	if strings.HasSuffix(os.Args[1], "ProcessBenchmark") {
		command.Args = append(command.Args, "connector")
	}
	start := time.Now()
	host := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: 1, MagicCookieKey: "ROPEWALK_CONNECTOR_PLUGIN", MagicCookieValue: "3b7f0c2e9d4a4f6f8f6a0d1f5c2e7b91",
		},
		Plugins: plugin.PluginSet{"connector": client{}}, Cmd: command, AutoMTLS: true,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, Logger: hclog.NewNullLogger(),
	})
	defer host.Kill()
	protocol, err := host.Client()
	must(err)
	startup := time.Since(start)
	raw, err := protocol.Dispense("connector")
	must(err)
	conn := raw.(*grpc.ClientConn)
	config := &wire.ConnectionConfig{Id: "one", Name: "null", Type: "null", Settings: "{}", Incoming: true, Outgoing: true}
	must(conn.Invoke(context.Background(), service+"Connect", &wire.ConnectRequest{Config: config}, &wire.ConnectResponse{}))
	time.Sleep(time.Second)
	idle := memory(command.Process.Pid)

	s := open(conn, &wire.Open{Send: true})
	go s.read()
	go s.write()
	s.sendMany(count / 5)
	tripMedian, trip99 := percentiles(s.send)
	callMedian, _ := percentiles(func() {
		must(conn.Invoke(context.Background(), service+"Send",
			&wire.SendRequest{ConnectionId: "one", Message: message()}, &wire.SendResponse{}))
	})
	outgoing := rate(count, func() { s.sendMany(count) })
	incoming := rate(count, func() { receive(conn, count) })
	worked := memory(command.Process.Pid)
	line, _ := json.Marshal(map[string]float64{
		"start_ms": float64(startup.Microseconds()) / 1000, "out_per_s": outgoing, "in_per_s": incoming,
		"trip_p50_us": tripMedian, "trip_p99_us": trip99, "call_p50_us": callMedian, "memory_mib": idle, "worked_memory_mib": worked,
	})
	fmt.Println(string(line))
}
