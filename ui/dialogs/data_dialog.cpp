// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/data_dialog.h"

#include "core/study/run_file.h"
#include "ui/controls/controls.h"

#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QLocale>
#include <QStandardItemModel>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kSteps = 1000;  // of the progress bar

struct Format {
    QString suffix;
    QString title;
};

const std::vector<Format>& formats()
{
    static const std::vector<Format> all = {{u"csv"_s, DataDialog::tr("CSV, one line for each number")},
                                            {u"npy"_s, DataDialog::tr("NumPy array (.npy)")},
                                            {u"h5"_s, DataDialog::tr("HDF5 (.h5)")}};
    return all;
}

}  // namespace

DataDialog::DataDialog(ComparisonPointer comparison, QString folder, QWidget* parent)
    : QDialog(parent), m_comparison(std::move(comparison)), m_folder(std::move(folder)), m_data(new ChoiceBox(this)),
      m_format(new ChoiceBox(this)), m_shape(makeWrappedLabel("hint", this)),
      m_error(makeWrappedLabel("problem", this)), m_progress(new QProgressBar(this))
{
    setObjectName(u"dataDialog"_s);
    setWindowTitle(tr("Export data"));
    m_data->setObjectName(u"data"_s);
    m_format->setObjectName(u"dataFormat"_s);
    m_shape->setObjectName(u"dataShape"_s);
    m_error->setObjectName(u"dataError"_s);
    m_progress->setRange(0, kSteps);
    m_progress->setVisible(false);
    fillData();
    auto* form = new QFormLayout;
    form->addRow(tr("&Data"), m_data);
    form->addRow(tr("&Format"), m_format);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_save = buttons->addButton(tr("Save as…"), QDialogButtonBox::ActionRole);
    setRole(*m_save, "primary");
    m_save->setDefault(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 14, 16, 12);
    column->setSpacing(8);
    column->addLayout(form);
    for (QWidget* each : std::initializer_list<QWidget*>{m_shape, m_error, m_progress})
        column->addWidget(each);
    column->addStretch(1);
    column->addWidget(buttons);
    setMinimumWidth(fontMetrics().height() * 32);
    connect(m_data, &QComboBox::activated, this, &DataDialog::refresh);
    connect(m_format, &QComboBox::activated, this, &DataDialog::refresh);
    connect(m_save, &QPushButton::clicked, this, &DataDialog::chooseFile);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(&m_job, &Job::progressed, this,
            [this](double fraction) { m_progress->setValue(qRound(fraction * kSteps)); });
    connect(&m_job, &Job::failed, this, [this](const QString& message) {
        setBusy(false);
        m_error->setText(message);
        m_error->setVisible(true);
    });
    refresh();
}

void DataDialog::fillData()
{
    auto& items = *qobject_cast<QStandardItemModel*>(m_data->model());
    for (const DataSetType& type : dataSetTypes()) {
        const QString obstacle = QString::fromStdString(type.obstacle(*m_comparison));
        m_data->addItem(QString::fromStdString(type.title));
        QStandardItem& item = *items.item(m_data->count() - 1);
        item.setEnabled(obstacle.isEmpty());
        item.setToolTip(obstacle);
    }
    if (m_comparison->recordedTitles.empty())
        m_data->addItem(tr("Everything, as a run file"));
}

bool DataDialog::isEverything() const
{
    return static_cast<std::size_t>(m_data->currentIndex()) == dataSetTypes().size();
}

QString DataDialog::suffix() const { return m_format->currentData().toString(); }

// A run file is HDF5; the format chosen before comes back with other data.
void DataDialog::refresh()
{
    const QString before = m_format->count() > 1 ? suffix() : m_format->property("before").toString();
    m_format->setProperty("before", before);
    m_format->clear();
    for (const Format& format : formats())
        if (!isEverything() || format.suffix == u"h5"_s)
            m_format->addItem(format.title, format.suffix);
    m_format->setCurrentIndex(std::max(0, m_format->findData(before)));
    m_shape->setText(describe());
    m_error->setVisible(false);
}

QString DataDialog::describe() const
{
    const auto bytes = [](std::uint64_t count) {
        return QLocale().formattedDataSize(static_cast<qint64>(count), 1, QLocale::DataSizeIecFormat);
    };
    if (isEverything())
        return tr("The input, the plans, the weights, hidden states and outputs of every trace, the study: about %1 "
                  "before compression. Ketscope opens it again.")
            .arg(bytes(runFileBytes(*m_comparison)));
    const DataSet set = dataSetTypes()[static_cast<std::size_t>(m_data->currentIndex())].make(m_comparison);
    QStringList axes;
    for (const DataAxis& axis : set.axes)
        axes += u"%1 %2"_s.arg(QString::fromStdString(axis.name)).arg(axis.extent);
    const QString size = bytes(dataSetBytes(set, std::filesystem::path("data." + suffix().toStdString())));
    const QString where = suffix() == u"h5"_s ? tr("The names of the axes and the study are in the same file.")
                                              : tr("The names of the axes and the study lie beside it, as .json.");
    return tr("%1: %L2 numbers, about %3. %4")
        .arg(axes.join(u" × "_s))
        .arg(static_cast<qulonglong>(set.size()))
        .arg(size, where);
}

void DataDialog::chooseFile()
{
    const std::string name =
        isEverything() ? "run" : dataSetTypes()[static_cast<std::size_t>(m_data->currentIndex())].id;
    QFileDialog dialog(this, tr("Save data"), m_folder, m_format->currentText() + u" (*."_s + suffix() + u')');
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.setDefaultSuffix(suffix());
    dialog.selectFile(QString::fromStdString(name) + u'.' + suffix());
    if (dialog.exec() == QDialog::Accepted)
        save(dialog.selectedFiles().front());
}

void DataDialog::setBusy(bool busy)
{
    for (QWidget* each : std::initializer_list<QWidget*>{m_data, m_format, m_save})
        each->setEnabled(!busy);
    m_progress->setValue(0);
    m_progress->setVisible(busy);
    m_error->setVisible(false);
}

void DataDialog::save(const QString& file)
{
    setBusy(true);
    const bool everything = isEverything();
    const std::size_t index = static_cast<std::size_t>(m_data->currentIndex());
    m_job.start([this, everything, index, file, comparison = m_comparison](Monitor& monitor) -> Job::Delivery {
        if (everything)
            writeRunFile(*comparison, file.toStdString(), monitor);
        else
            writeDataSet(dataSetTypes()[index].make(comparison), *comparison, file.toStdString(), monitor);
        return [this, file] {
            emit saved(file);
            accept();
        };
    });
}

}  // namespace ketscope
