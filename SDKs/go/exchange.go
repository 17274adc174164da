package connector

import (
	"context"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

// exchange is one stream of a connection: the host's frames go to its sender and its receiver, and what they answer
// goes out through one outbox.
type exchange struct {
	connection *connection
	stream     wire.Connector_ExchangeServer
	open       *wire.Open
	ctx        context.Context
	cancel     context.CancelFunc
	out        *outbox
	sender     *sender
	receiver   *receiver
}

func newExchange(c *connection, stream wire.Connector_ExchangeServer, open *wire.Open) *exchange {
	inline, payload := open.GetMaxInlinePayload(), open.GetMaxPayload()
	if inline == 0 {
		inline = defaultInline
	}
	if payload == 0 {
		payload = defaultPayload
	}
	e := &exchange{connection: c, stream: stream, open: open, out: newOutbox(int(inline))}
	e.ctx, e.cancel = context.WithCancel(c.with(stream.Context()))
	e.sender = newSender(c, e.ctx, e.out, payload)
	e.receiver = newReceiver(c, e.out, payload, open.GetCredit())
	return e
}

// run returns when the stream has ended: finished by the host, broken, or cut by Disconnect.
func (e *exchange) run() error {
	defer e.cancel()
	if !e.connection.add(e) {
		return e.refuse(errDisconnected)
	}
	defer e.connection.remove(e)
	if e.open.GetReceive() {
		select {
		case e.connection.receiving <- struct{}{}:
			defer func() { <-e.connection.receiving }()
		default:
			return e.refuse(errReceiving)
		}
	}
	opened := &wire.Opened{}
	if e.open.GetSend() {
		opened.Credit = &wire.Credit{Messages: sendWindowMessages, Bytes: sendWindowBytes}
	}
	if err := e.stream.Send(openedFrame(opened)); err != nil {
		return err
	}
	return e.serve()
}

func (e *exchange) refuse(err error) error {
	return e.stream.Send(openedFrame(&wire.Opened{Error: errorToWire(AsError(err, ConnectionFailed))}))
}

func openedFrame(opened *wire.Opened) *wire.ConnectorFrame {
	return &wire.ConnectorFrame{Frame: &wire.ConnectorFrame_Opened{Opened: opened}}
}

func (e *exchange) serve() error {
	receiving, stopReceiving := context.WithCancel(e.ctx)
	defer stopReceiving()
	var work sync.WaitGroup
	if e.open.GetReceive() {
		work.Add(1)
		go func() {
			defer work.Done()
			e.receiver.run(receiving, e.open.GetResumePosition())
		}()
	}
	written := make(chan error, 1)
	go func() { written <- e.out.run(e.ctx, e.stream.Send) }()
	finished, halfClosed := make(chan struct{}), make(chan error, 1)
	go func() { halfClosed <- e.read(finished) }()

	var failure error
	select {
	case <-finished:
	case failure = <-halfClosed:
		halfClosed <- nil
	case failure = <-written:
		written <- nil
	case <-e.ctx.Done():
	}
	stopReceiving()
	if failure == nil {
		e.settleLast(halfClosed)
	}
	if failure != nil {
		e.cancel()
	}
	e.out.close()
	if err := <-written; failure == nil {
		failure = err
	}
	e.cancel()
	work.Wait()
	e.connection.kept.put(e.receiver.close())
	return failure
}

// settleLast waits until all that was sent has its outcome, and a while for receipts that are on their way.
func (e *exchange) settleLast(halfClosed chan error) {
	select {
	case <-e.sender.finish():
	case <-e.ctx.Done():
		return
	}
	grace := time.NewTimer(finishGrace)
	defer grace.Stop()
	select {
	case <-e.receiver.settled():
	case <-halfClosed:
	case <-grace.C:
	case <-e.ctx.Done():
	}
}

// read takes the host's frames until it half-closes. It closes finished at the frame that says so.
func (e *exchange) read(finished chan struct{}) error {
	isFinished := false
	for {
		frame, err := e.stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch part := frame.Frame.(type) {
		case *wire.HostFrame_Send:
			if isFinished || !e.open.GetSend() {
				return status.Error(codes.InvalidArgument, "messages on a stream that was not opened for sending, or is finished")
			}
			err = e.sender.take(part.Send.GetMessages())
		case *wire.HostFrame_Chunk:
			err = e.sender.chunk(part.Chunk)
		case *wire.HostFrame_Receipts:
			e.receiver.settle(part.Receipts.GetReceipts())
		case *wire.HostFrame_Credit:
			e.receiver.credit(part.Credit)
		case *wire.HostFrame_Cancel:
			e.sender.cancelMessage(part.Cancel.GetSequence())
		case *wire.HostFrame_Finish:
			if !isFinished {
				isFinished = true
				close(finished)
			}
		case *wire.HostFrame_Open:
			err = status.Error(codes.InvalidArgument, "Open may only be a stream's first frame")
		}
		if err != nil {
			return err
		}
	}
}
