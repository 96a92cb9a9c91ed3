"""Prints the bytes of src/training/event_file_test.cc, as the package tensorboard writes them:
python make_event_golden.py. Given event files of a run, reads them back with it instead:
python make_event_golden.py FOLDER."""
import io
import sys

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter


def record(event):
    stream = io.BytesIO()
    RecordWriter(stream).write(event.SerializeToString(deterministic=True))
    return stream.getvalue().hex()


if len(sys.argv) > 1:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = EventAccumulator(sys.argv[1])
    run.Reload()
    for tag in sorted(run.Tags()["scalars"]):
        for scalar in run.Scalars(tag):
            print(tag, scalar.step, f"{scalar.value:.6g}")
else:
    print(record(event_pb2.Event(wall_time=1.5, file_version="brain.Event:2")))
    values = [
        summary_pb2.Summary.Value(tag="train/loss", simple_value=2.5),
        summary_pb2.Summary.Value(tag="train/learning_rate", simple_value=0.001),
    ]
    summary = summary_pb2.Summary(value=values)
    print(record(event_pb2.Event(wall_time=2.25, step=300, summary=summary)))
