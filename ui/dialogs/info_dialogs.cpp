// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/info_dialogs.h"

#include "core/base/version.h"
#include "ui/controls/controls.h"
#include "ui/study_controller.h"

#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

QString translated(const char* text) { return QCoreApplication::translate("Info", text); }

void showPage(const QString& title, const QString& html, const QString& name, QWidget* parent)
{
    auto* dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setObjectName(name);
    dialog->setWindowTitle(title);
    auto* text = new QTextBrowser(dialog);
    text->setHtml(html);
    text->document()->setDocumentMargin(14);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    auto* column = new QVBoxLayout(dialog);
    column->addWidget(text);
    column->addWidget(buttons);
    const int unit = text->fontMetrics().height(), width = unit * 38;
    text->document()->setTextWidth(width - 2 * unit);
    const int needed = qCeil(text->document()->size().height()) + buttons->sizeHint().height() + 3 * unit;
    resizeInside(*dialog, QSize(width, std::min(needed, unit * 34)));
    dialog->open();
}

QString rowOf(const QString& name, const QString& value)
{
    return u"<tr><td style='padding: 2px 18px 2px 0'>%1</td><td>%2</td></tr>"_s.arg(name, value.toHtmlEscaped());
}

QString stackRows(const ModelInfo& model)
{
    QString rows;
    for (const StackInfo& stack : model.stacks) {
        const QString size = translated("%1 layers × %2 heads, head size %3, width %4")
                                 .arg(stack.layers)
                                 .arg(stack.heads)
                                 .arg(stack.headSize)
                                 .arg(stack.width);
        rows += rowOf(translated("Stack %1").arg(QString::fromStdString(stack.name)),
                      stack.causal ? size + translated(", causal") : size);
    }
    return rows;
}

}  // namespace

void showModelInfo(const StudyController& controller, QWidget* parent)
{
    if (controller.model() == nullptr)
        return;
    const ModelInfo& model = *controller.model();
    const Tokenizer* tokenizer = controller.tokenizer();
    const QLocale locale;
    QString html = u"<h3>%1</h3><table>"_s.arg(QString::fromStdString(model.title).toHtmlEscaped());
    html += rowOf(translated("Folder"), QString::fromStdString(model.path.string()));
    html += rowOf(translated("Architecture"), QString::fromStdString(model.architecture));
    html += stackRows(model);
    html += rowOf(translated("Feed-forward size"), QString::number(model.stacks.front().feedForwardSize));
    html += rowOf(translated("Parameters"), locale.toString(static_cast<qulonglong>(model.parameterCount)));
    html += rowOf(translated("Weights"), QString::fromStdString(model.weightsType));
    if (model.image)
        html += rowOf(translated("Picture"), translated("%1 × %2 px, patches of %3 × %4 px")
                                                 .arg(model.image->width)
                                                 .arg(model.image->height)
                                                 .arg(model.image->patchWidth)
                                                 .arg(model.image->patchHeight));
    if (model.vocabularySize > 0) {
        html += rowOf(translated("Positions"), QString::number(model.maximumPositions));
        html += rowOf(translated("Vocabulary"), QString::number(model.vocabularySize));
        html += rowOf(translated("Tokenizer"), tokenizer == nullptr ? translated("none: enter token ids")
                                                                    : QString::fromStdString(tokenizer->kind()));
    }
    const std::string_view task = taskName(model.task);
    html += rowOf(translated("Task"), QString::fromUtf8(task.data(), static_cast<qsizetype>(task.size())));
    QStringList labels;
    for (const std::string& label : model.labels)
        labels += QString::fromStdString(label);
    if (!labels.isEmpty())
        html += rowOf(translated("Labels"), labels.join(u", "_s));
    html += u"</table>"_s;
    for (const std::string& warning : model.warnings)
        html += u"<p>%1 %2</p>"_s.arg(translated("Warning:"), QString::fromStdString(warning).toHtmlEscaped());
    showPage(translated("Model"), html, u"modelInfo"_s, parent);
}

void showAbout(QWidget* parent)
{
    QString html =
        translated("<h3>Ketscope %1</h3><p>Classical and quantum-inspired attention, side by side.</p>"
                   "<p>Free software under the GNU General Public License, version 3 or later; it comes with no "
                   "warranty.</p><h4>Made with</h4><table>")
            .arg(QString::fromStdString(versionString()));
    html += rowOf(u"Qt"_s, QString::fromLatin1(qVersion()) + translated(" (LGPL-3; Charts: GPL-3)"));
    for (const LibraryVersion& library : libraryVersions())
        html += rowOf(QString::fromStdString(library.name), QString::fromStdString(library.version));
    showPage(translated("About Ketscope"), html + u"</table>"_s, u"about"_s, parent);
}

}  // namespace ketscope
